import type { PlantedBug } from '../world/nodes.ts';

/** One bug on purpose: what proves that a checker would see its like. */
export interface PlantedCase {
  readonly bug: PlantedBug;
  /** Number in the catalogue of planted bugs; undefined for those that this project added. */
  readonly number: number | undefined;
  readonly inverts: string;
  /** Any of these that fires first has seen it: one wrong step often breaks several sentences at once. */
  readonly caughtBy: readonly string[];
}

/** What a loss looks like, depending on who sees it first. */
const LOSS: readonly string[] = [
  '18-true-high-watermark',
  '19-leader-candidate-completeness',
  '21-leader-completeness',
  '22-nothing-acknowledged-is-lost',
];

export const PLANTED_CASES: readonly PlantedCase[] = [
  {
    bug: 'hw-from-committed-isr',
    number: 1,
    inverts: 'the high watermark ignores members that are only proposed',
    caughtBy: ['20-replication-quorum-superset', ...LOSS],
  },
  {
    bug: 'no-broker-epoch-check',
    number: 4,
    inverts: 'a follower joins the ISR on the progress of an earlier run of its broker',
    caughtBy: [...LOSS, '15-unclean-is-excluded'],
  },
  {
    bug: 'shrink-before-commit',
    number: 5,
    inverts: 'a member that is proposed to leave the ISR no longer counts',
    caughtBy: ['20-replication-quorum-superset', ...LOSS],
  },
  {
    bug: 'hw-under-min-isr',
    number: 6,
    inverts: 'the high watermark moves although the committed ISR is too small',
    caughtBy: LOSS,
  },
  {
    bug: 'truncate-to-hw',
    number: 7,
    inverts: 'a new follower truncates to its high watermark instead of by epoch',
    caughtBy: [...LOSS, '23-logs-agree'],
  },
  {
    bug: 'ack-before-flush',
    number: 9,
    inverts: 'the leader counts what it has not flushed',
    caughtBy: LOSS,
  },
  {
    bug: 'ack-before-fsync',
    number: 9,
    inverts: 'the log reports a flush when it begins',
    caughtBy: LOSS,
  },
  {
    bug: 'follower-reports-unflushed-end',
    number: 10,
    inverts: 'a follower reports what it has not flushed',
    caughtBy: LOSS,
  },
  {
    bug: 'fenced-broker-elected',
    number: 12,
    inverts: 'a fenced member of ISR or ELR is elected',
    caughtBy: ['12-isr-is-active', '13-leader-was-eligible'],
  },
  {
    bug: 'clean-marker-not-deleted',
    number: 13,
    inverts: 'the mark of a clean stop stays, so the next crash counts as a clean stop',
    caughtBy: ['15-unclean-is-excluded', ...LOSS],
  },
  {
    bug: 'vote-not-fsynced',
    number: 14,
    inverts: 'a vote is answered before it is on the disk',
    caughtBy: ['02-one-vote-per-term', '01-election-safety'],
  },
  {
    bug: 'commit-old-term',
    number: 15,
    inverts: 'a leader commits entries of earlier terms by counting',
    caughtBy: ['07-commit-own-term'],
  },
  {
    bug: 'wiped-voter-keeps-vote',
    number: 17,
    inverts: 'replicas are told apart by node id alone',
    caughtBy: ['10-roles', '01-election-safety', '02-one-vote-per-term', '06-commit-on-majority'],
  },
  {
    bug: 'deposed-leader-keeps-serving',
    number: 18,
    inverts: 'a leader that lost its lease and its followers, or its majority, still answers',
    caughtBy: ['37-deposed-leader-is-silent', '27-consistent-read'],
  },
  {
    bug: 'duplicate-answered-before-hw',
    number: undefined,
    inverts: 'a resent batch is acknowledged before the original is replicated',
    caughtBy: LOSS,
  },
  {
    bug: 'truncation-not-journaled',
    number: undefined,
    inverts: 'a truncation is not written to the journal: its replay brings the divergent tail back',
    caughtBy: ['23-logs-agree', ...LOSS, '24-offsets-in-order'],
  },
  {
    bug: 'progress-credited-to-reused-subscription',
    number: undefined,
    inverts: 'what an earlier subscription reported counts for the next one',
    caughtBy: LOSS,
  },
];
