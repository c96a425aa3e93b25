import { pureChecksum } from '@moldau/base';
import { type BrokerState, type ClusterImage, EMPTY_IMAGE, type PartitionState, ShardedMap } from '@moldau/metadata';
import { assignBatch, BatchBuilder } from '@moldau/records';
import { Ghost } from '../../src/ghost/ghost.ts';
import { PartitionGhost } from '../../src/ghost/partition-ghost.ts';
import type { BrokerView, Observation, QuorumView, ReplicaView } from '../../src/observation.ts';

/** Builders of made-up states, healthy unless told otherwise. */

export const KEY = 'T:0';

export interface Entry {
  readonly term: number;
  readonly kind?: string;
  readonly text?: string;
  readonly payload?: Uint8Array;
}

export function node(
  id: number,
  options: Partial<Omit<QuorumView, 'entryAt' | 'termAt'>> & { readonly log?: readonly Entry[] } = {},
): QuorumView {
  const { log = [], ...rest } = options;
  const base = rest.baseIndex ?? 0;
  const entryAt: QuorumView['entryAt'] = (index) => {
    const entry = log[index - base - 1];
    return (
      entry && {
        term: entry.term,
        kind: entry.kind ?? 'data',
        payload: entry.payload ?? new TextEncoder().encode(entry.text ?? `${index}`),
      }
    );
  };
  return {
    nodeId: id,
    directoryId: `d${id}`,
    life: 1,
    role: 'follower',
    term: 1,
    commitIndex: 0,
    persistedIndex: base + log.length,
    baseIndex: base,
    lastIndex: base + log.length,
    snapshotIndex: base,
    voters: [1, 2, 3].map((nodeId) => ({ nodeId, directoryId: `d${nodeId}` })),
    votersIndex: 0,
    majoritySilentMs: 0,
    entryAt,
    termAt: (index) => (index === base ? 0 : entryAt(index)?.term),
    image: EMPTY_IMAGE,
    ...rest,
  };
}

export function partition(options: Partial<PartitionState> = {}): PartitionState {
  return {
    topicId: 'T',
    partition: 0,
    replicas: [1, 2, 3].map((brokerId) => ({ brokerId, directoryId: '', incarnationId: '' })),
    isr: [1, 2, 3],
    elr: [],
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch: 7,
    addingReplicas: [],
    removingReplicas: [],
    ...options,
  };
}

export function brokerState(brokerId: number, options: Partial<BrokerState> = {}): BrokerState {
  return {
    brokerId,
    incarnationId: `i${brokerId}`,
    grpcAddress: '',
    kafkaAddress: '',
    rack: '',
    host: '',
    directories: [{ directoryId: `d${brokerId}`, verdict: 'clean' }],
    features: [],
    brokerEpoch: brokerId,
    fenced: false,
    shuttingDown: false,
    ...options,
  };
}

export function image(
  offset: number,
  state: PartitionState,
  brokers: readonly BrokerState[] = [1, 2, 3].map((id) => brokerState(id)),
): ClusterImage {
  const topics = ShardedMap.empty<{ topicId: string; name: string; partitions: readonly PartitionState[] }>().edit();
  topics.set('T', { topicId: 'T', name: 'topic', partitions: [state] });
  return {
    ...EMPTY_IMAGE,
    offset,
    epoch: 1,
    topics: topics.finish(),
    brokers: new Map(brokers.map((broker) => [broker.brokerId, broker])),
  };
}

export function replica(brokerId: number, options: Partial<ReplicaView> = {}): ReplicaView {
  return {
    brokerId,
    topicId: 'T',
    partition: 0,
    key: KEY,
    role: 'follower',
    leaderEpoch: 5,
    serving: true,
    isNamed: true,
    isrStreamDown: false,
    isr: [1, 2, 3],
    maximalIsr: [1, 2, 3],
    proposing: false,
    startOffset: 0,
    highWatermark: 0,
    flushedEnd: 0,
    endOffset: 0,
    epochs: [],
    fetcherCount: 0,
    ...options,
  };
}

export function broker(
  brokerId: number,
  replicas: readonly ReplicaView[],
  options: Partial<BrokerView> = {},
): BrokerView {
  const coordinators: BrokerView['coordinators'] = [];
  const own = { brokerId, life: 1, brokerEpoch: brokerId, image: EMPTY_IMAGE, leaseOver: false };
  return { ...own, replicas, coordinators, ...options };
}

export function observation(options: Partial<Observation> = {}): Observation {
  return { nowMs: 0, quorum: [], brokers: [], ghost: new Ghost(), ...options };
}

/** A ghost that was told of these acknowledged values at offsets 0, 1, 2, ... */
export function ghostWith(values: readonly string[], options: { readonly hasRetention?: boolean } = {}): Ghost {
  const ghost = new Ghost();
  const state = new PartitionGhost({ flushed: true, hasRetention: false, ...options });
  for (const [offset, value] of values.entries()) state.witness('acknowledged', { offset, value });
  ghost.partitions.set(KEY, state);
  return ghost;
}

/** A run that is right to its last step, and breaks the invariant in that one. */
export interface Story {
  /** What the complaint says. */
  readonly complaint: RegExp;
  readonly steps: () => readonly Observation[];
}

/** Broker `brokerId` was given these records, in this order. */
export function logged(
  ghost: Ghost,
  brokerId: number,
  records: readonly (readonly [epoch: number, value: string])[],
): Ghost {
  const log = ghost.log(brokerId, KEY);
  for (const [epoch, value] of records) log.append(batch(log.endOffset, epoch, value));
  return ghost;
}

export function batch(baseOffset: number, leaderEpoch: number, value: string): Uint8Array {
  const builder = new BatchBuilder();
  builder.append({ key: null, value: new TextEncoder().encode(value), headers: [] }, 0);
  const bytes = builder.finish(pureChecksum);
  assignBatch(bytes, 0, { baseOffset, leaderEpoch });
  return bytes;
}
