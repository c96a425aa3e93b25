import { type LeaderEpoch, MalformedBytesError, type Offset } from '@moldau/base';

// Where two logs of one partition part (KIP-101, KIP-279). Records of one epoch come from one leader, so two logs that both
// hold an epoch agree on it up to the shorter one. The follower names its last epoch and its end; the leader names the end
// of the largest epoch it has up to that; the follower truncates and asks again. One round removes at least one record and
// may show an epoch that the leader never had, so it is asked until the logs agree.

/** The leader epochs of one log, as its log answers. */
export interface EpochHistory {
  /** -1 when there is none. */
  readonly latest: LeaderEpoch;
  /**
   * The largest epoch at or below `epoch`, and where it ends; `epoch` itself with the first known start when all known
   * ones are younger; undefined when `epoch` is younger than all known ones.
   */
  endOffsetFor(epoch: LeaderEpoch): { readonly epoch: LeaderEpoch; readonly endOffset: Offset } | undefined;
}

/** What a follower says of its log. */
export interface FollowerLog {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly lastEpoch: LeaderEpoch;
}

export type Comparison =
  | { readonly kind: 'agrees' }
  | { readonly kind: 'diverges'; readonly epoch: LeaderEpoch; readonly endOffset: Offset }
  /** Nothing of the follower's log is of use: begin at the leader's log start. */
  | { readonly kind: 'startOver' };

/** The leader's answer to a subscription. */
export function compareLogs(
  leader: {
    /** Where the batch begins that holds the log's start. */
    readonly firstBatch: Offset;
    readonly startOffset: Offset;
    readonly endOffset: Offset;
    readonly epochs: EpochHistory;
  },
  follower: FollowerLog,
): Comparison {
  if (follower.endOffset < leader.firstBatch || follower.startOffset > leader.endOffset) return { kind: 'startOver' };
  // An empty log that begins within the batch which comes first could not take it.
  const isEmpty = follower.startOffset === follower.endOffset;
  if (isEmpty && follower.endOffset > leader.firstBatch && follower.endOffset <= leader.startOffset)
    return { kind: 'startOver' };
  if (follower.lastEpoch < 0) {
    if (follower.endOffset <= leader.endOffset) return { kind: 'agrees' };
    return { kind: 'diverges', epoch: -1, endOffset: leader.endOffset };
  }
  const own = leader.epochs.endOffsetFor(follower.lastEpoch) ?? {
    epoch: leader.epochs.latest,
    endOffset: leader.endOffset,
  };
  if (own.epoch === follower.lastEpoch && own.endOffset >= follower.endOffset) return { kind: 'agrees' };
  if (own.endOffset < follower.startOffset) return { kind: 'startOver' };
  return { kind: 'diverges', epoch: own.epoch, endOffset: own.endOffset };
}

/** Where the follower truncates after a diverging answer. */
export function truncationOffset(
  own: EpochHistory,
  diverging: { readonly epoch: LeaderEpoch; readonly endOffset: Offset },
): Offset {
  return Math.min(own.endOffsetFor(diverging.epoch)?.endOffset ?? diverging.endOffset, diverging.endOffset);
}

/**
 * Where a leader tells its follower to start over. The journal takes it as it is, so what no leader can mean is refused
 * before: with it, this broker could never read its journal again.
 *
 * @throws MalformedBytesError
 */
export function checkStartOver(
  at: {
    readonly offset: Offset;
    readonly epochs: readonly { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[];
  },
  leaderEpoch: LeaderEpoch,
): void {
  if (at.offset < 0) throw new MalformedBytesError(`a log cannot start at ${at.offset}`);
  let last = { epoch: -1, startOffset: -1 };
  for (const entry of at.epochs) {
    if (entry.epoch <= last.epoch || entry.startOffset <= last.startOffset) {
      const found = `epoch ${entry.epoch} from ${entry.startOffset}`;
      throw new MalformedBytesError(`${found} cannot follow epoch ${last.epoch} from ${last.startOffset}`);
    }
    last = entry;
  }
  if (last.epoch <= leaderEpoch && last.startOffset <= at.offset) return;
  throw new MalformedBytesError(`epoch ${last.epoch} from ${last.startOffset} lies ahead of the log`);
}
