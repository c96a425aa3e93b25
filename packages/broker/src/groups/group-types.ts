import type { ErrorCode } from '@moldau/base';

/** A moment, as a group needs it: deadlines are on the monotonic clock, what is kept in records on the wall's. */
export interface GroupNow {
  readonly ms: number;
  readonly wallMs: number;
}

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** One way of assigning that a member knows, and what it tells the others in it. */
export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** What is kept of a member. */
export interface MemberSnapshot {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** In the protocol that was chosen. */
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}

/** What is kept of a group, beside its offsets. */
export interface GroupSnapshot {
  readonly protocolType: string;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string | null;
  /** When the state was entered that the snapshot tells of, Unix time; -1 when it is not known. */
  readonly stateWallMs: number;
  /** None: the group is empty. */
  readonly members: readonly MemberSnapshot[];
}

/** Who a request comes from, as a group sees it. */
export interface MemberIdentity {
  /** Empty: none was given yet. */
  readonly memberId: string;
  /** Lasting name of a static member (KIP-345). */
  readonly instanceId: string | null;
}

export interface JoinRequest extends MemberIdentity {
  /** What the answer is called by, see {@link GroupEffect}. */
  readonly ticket: number;
  /** The id it gets if it has none yet; by whoever rolls the dice. */
  readonly newMemberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** The preferred one first. */
  readonly protocols: readonly GroupProtocol[];
  /** The client comes again with the id that it is told first (KIP-394), so that lost answers leave no members behind. */
  readonly canRetryWithId: boolean;
  /** The client understands that a leader may have to leave the assignment alone. */
  readonly canSkipAssignment: boolean;
}

export interface JoinAnswer {
  readonly error: ErrorCode | undefined;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly leader: string;
  readonly memberId: string;
  readonly skipAssignment: boolean;
  /** For the leader. */
  readonly members: readonly JoinedMember[];
}

export interface JoinedMember extends MemberIdentity {
  readonly metadata: Uint8Array;
}

export interface SyncRequest extends MemberIdentity {
  readonly ticket: number;
  readonly generation: number;
  /** Null: the client does not say. */
  readonly protocolType: string | null;
  readonly protocol: string | null;
  /** From the leader: by member id. */
  readonly assignments: ReadonlyMap<string, Uint8Array>;
}

export interface SyncAnswer {
  readonly error: ErrorCode | undefined;
  readonly protocolType: string | null;
  readonly protocol: string | null;
  readonly assignment: Uint8Array;
}

/** What is to be done about an event. Carried out in this order. */
export type GroupEffect =
  | { readonly kind: 'joined'; readonly ticket: number; readonly answer: JoinAnswer }
  | { readonly kind: 'synced'; readonly ticket: number; readonly answer: SyncAnswer }
  /** To be written; {@link Group.persisted} is told what came of it. */
  | { readonly kind: 'persist'; readonly token: number; readonly snapshot: GroupSnapshot };

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export function refusedJoin(error: ErrorCode, memberId: string): JoinAnswer {
  const nothing = { protocolType: null, protocol: null, leader: '', skipAssignment: false, members: [] };
  return { error, generation: -1, memberId, ...nothing };
}

export function refusedSync(error: ErrorCode): SyncAnswer {
  return { error, protocolType: null, protocol: null, assignment: NO_BYTES };
}
