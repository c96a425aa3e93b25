export { RAFT_LIMITS, type RaftConfig, type RaftLimits } from './config.ts';
export type { Entry, EntryKind, LogPosition } from './entry.ts';
export { HARD_STATE_INITIAL, type HardState, type Input, type RecoveredState } from './input.ts';
export { ANY_DIRECTORY, type Replica, type ReplicaKey, replicaName } from './membership/replica.ts';
export * from './messages.ts';
export type { MessageRejection, Output, Persist, Refusal, RoleName } from './output.ts';
export type { PlantedRaftBug } from './planted-bugs.ts';
export { type SnapshotMeta, sameSnapshot } from './snapshot/snapshot-meta.ts';
