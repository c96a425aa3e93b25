import { electionSafety } from './01-election-safety.ts';
import { oneVotePerTerm } from './02-one-vote-per-term.ts';
import { logMatching } from './03-log-matching.ts';
import { leaderCompleteness } from './04-leader-completeness.ts';
import { stateMachineSafety } from './05-state-machine-safety.ts';
import { commitOnMajority } from './06-commit-on-majority.ts';
import { commitOwnTerm } from './07-commit-own-term.ts';
import { oneVoterChange } from './08-one-voter-change.ts';
import { snapshotAtLogStart } from './09-snapshot-at-log-start.ts';
import { roles } from './10-roles.ts';
import { isrAndElrSets } from './11-isr-and-elr-sets.ts';
import { isrIsActive } from './12-isr-is-active.ts';
import { leaderWasEligible } from './13-leader-was-eligible.ts';
import { epochsGrow } from './14-epochs-grow.ts';
import { uncleanIsExcluded } from './15-unclean-is-excluded.ts';
import { reassignmentKeepsCopies } from './16-reassignment-keeps-copies.ts';
import { brokerEpochsAreUnique } from './17-broker-epochs-are-unique.ts';
import { trueHighWatermark } from './18-true-high-watermark.ts';
import { leaderCandidateCompleteness } from './19-leader-candidate-completeness.ts';
import { replicationQuorumSuperset } from './20-replication-quorum-superset.ts';
import { partitionLeaderCompleteness } from './21-leader-completeness.ts';
import { nothingAcknowledgedIsLost } from './22-nothing-acknowledged-is-lost.ts';
import { logsAgree } from './23-logs-agree.ts';
import { offsetsInOrder } from './24-offsets-in-order.ts';
import { deletedStaysDeleted } from './25-deleted-stays-deleted.ts';
import { nothingSafeIsCut } from './25-nothing-safe-is-cut.ts';
import { oneFetcher } from './26-one-fetcher.ts';
import { consistentRead } from './27-consistent-read.ts';
import { commitsAreFenced } from './35-commits-are-fenced.ts';
import { committedOffsetsLast } from './35-committed-offsets-last.ts';
import { generationsGrow } from './35-generations-grow.ts';
import { handedOver } from './35-handed-over.ts';
import { oneAssignment } from './35-one-assignment.ts';
import { oneCoordinator } from './35-one-coordinator.ts';
import { deposedLeaderIsSilent } from './37-deposed-leader-is-silent.ts';
import type { Invariant } from './checker.ts';

/** Those that depend on the controllers alone: while these do not change, there is nothing new to judge. */
export const QUORUM_INVARIANTS: readonly Invariant[] = [
  electionSafety,
  logMatching,
  leaderCompleteness,
  commitOnMajority,
  commitOwnTerm,
  oneVoterChange,
  snapshotAtLogStart,
  roles,
  isrAndElrSets,
  isrIsActive,
  leaderWasEligible,
  epochsGrow,
  reassignmentKeepsCopies,
  brokerEpochsAreUnique,
];

/** All of them, in the order in which they run: the fifth fills in what is committed, which the fourth reads a step later. */
export const INVARIANTS: readonly Invariant[] = [
  electionSafety,
  oneVotePerTerm,
  logMatching,
  leaderCompleteness,
  stateMachineSafety,
  commitOnMajority,
  commitOwnTerm,
  oneVoterChange,
  snapshotAtLogStart,
  roles,
  isrAndElrSets,
  isrIsActive,
  leaderWasEligible,
  epochsGrow,
  uncleanIsExcluded,
  reassignmentKeepsCopies,
  brokerEpochsAreUnique,
  trueHighWatermark,
  leaderCandidateCompleteness,
  replicationQuorumSuperset,
  partitionLeaderCompleteness,
  nothingAcknowledgedIsLost,
  logsAgree,
  offsetsInOrder,
  deletedStaysDeleted,
  nothingSafeIsCut,
  oneFetcher,
  consistentRead,
  commitsAreFenced,
  committedOffsetsLast,
  generationsGrow,
  handedOver,
  oneAssignment,
  oneCoordinator,
  deposedLeaderIsSilent,
];
