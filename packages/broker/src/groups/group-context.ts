import type { Ports } from '@moldau/base';
import type { GroupCounters } from './group-counters.ts';
import type { GroupLogPorts } from './group-log.ts';
import type { GroupSettings } from './group-settings.ts';
import type { GroupShard } from './group-shard.ts';

/** What all groups of a broker share. */
export interface GroupContext extends GroupLogPorts, Pick<Ports, 'timers' | 'stopProcess'> {
  readonly settings: GroupSettings;
  readonly counters: GroupCounters;
  /** Whether one more group may be coordinated here. */
  readonly hasRoom: () => boolean;
  /** This broker does not lead that partition any more. */
  readonly ended: (shard: GroupShard) => void;
}
