import type { Clock, NodeId } from '@moldau/base';
import type { BrokerCounters } from '../counters.ts';
import type { Lease } from '../lifecycle/lease.ts';
import type { PlantedBugs } from '../planted-bugs.ts';
import type { Turn } from '../turn.ts';
import type { Partition } from './partition.ts';
import type { BrokerView } from './partition-leader.ts';

/** What all partitions of one broker share. */
export interface PartitionContext {
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly lease: Lease;
  readonly bugs: PlantedBugs;
  readonly counters: BrokerCounters;
  /** As applied metadata has it. */
  readonly broker: (brokerId: NodeId) => BrokerView | undefined;
  readonly lagMsMax: () => number;
  /** Of a follower: whether it gets what its leader appends. */
  readonly isFed: (partition: Partition) => boolean;
  /** The partition has an open proposal that must reach the controller. */
  readonly propose: (partition: Partition) => void;
  /** A truncation or a reset has ended: a change of role may have waited for it. */
  readonly changed: (partition: Partition) => void;
}
