import type { FaultKind } from '../options.ts';
import type { PlantedBug } from '../world/nodes.ts';

/** One bug on purpose: what proves that a checker would see its like. */
export interface PlantedCase {
  readonly bug: PlantedBug;
  /** Number in the catalogue of planted bugs; undefined for those that this project added. */
  readonly number: number | undefined;
  readonly inverts: string;
  /** The invariant whose sentence the bug contradicts. */
  readonly primary: string;
  /** Kinds of faults without which it breaks nothing: with all the others drawn beside them, too few seeds come to it. */
  readonly only?: readonly FaultKind[];
  /** Another one that may be broken before that one, and why. */
  readonly alternative?: { readonly invariant: string; readonly because: string };
}

/** Whether this is what should see the bug. */
export function catches({ primary, alternative }: PlantedCase, check: string): boolean {
  return check === primary || check === alternative?.invariant;
}

/** What was acknowledged too early lies on too few members: seen as soon as one of them is looked at. */
const CANDIDATES = '19-leader-candidate-completeness';

/**
 * Not here, since seeds meet them too seldom or not at all; tests of their packages show them: 8 (broker), 16 (raft), 30 (log:
 * only the segments rot here, not the journal).
 */
export const PLANTED_CASES: readonly PlantedCase[] = [
  {
    bug: 'hw-from-committed-isr',
    number: 1,
    inverts: 'the high watermark ignores members that are only proposed',
    primary: '20-replication-quorum-superset',
  },
  {
    // A leader has to begin with the high watermark of its last checkpoint, alone, and a follower that has that much and no
    // more has to join while its disk is slow: all go down, and one comes back with such a disk.
    bug: 'expand-without-epoch-start-check',
    number: 2,
    inverts: 'a follower joins the ISR although it lacks the start of this leader epoch',
    primary: CANDIDATES,
    only: ['power-loss-of-all', 'slow-disk', 'slow-link'],
  },
  {
    // The same condition stands in three places, each of which alone keeps such a follower out: whom a leader proposes, with
    // which epoch it names it, and what the controller takes. Only without all three does it join.
    bug: 'no-broker-epoch-check',
    number: 4,
    inverts: 'a follower joins the ISR on the progress of an earlier run of its broker',
    primary: CANDIDATES,
  },
  {
    bug: 'shrink-before-commit',
    number: 5,
    inverts: 'a member that is proposed to leave the ISR no longer counts',
    primary: '20-replication-quorum-superset',
  },
  {
    bug: 'hw-under-min-isr',
    number: 6,
    inverts: 'the high watermark moves although the committed ISR is too small',
    primary: CANDIDATES,
  },
  {
    bug: 'truncate-to-hw',
    number: 7,
    inverts: 'a new follower truncates to its high watermark instead of by epoch',
    primary: CANDIDATES,
  },
  {
    bug: 'ack-before-flush',
    number: 9,
    inverts: 'the leader counts what it has not flushed',
    primary: CANDIDATES,
  },
  {
    bug: 'ack-before-fsync',
    number: 9,
    inverts: 'the log reports a flush when it begins',
    primary: CANDIDATES,
  },
  {
    bug: 'follower-reports-unflushed-end',
    number: 10,
    inverts: 'a follower reports what it has not flushed',
    primary: CANDIDATES,
  },
  {
    bug: 'unclean-broker-kept-in-elr',
    number: 11,
    inverts: 'a damaged or emptied replica keeps its claim to lead',
    primary: '15-unclean-is-excluded',
  },
  {
    bug: 'fenced-broker-elected',
    number: 12,
    inverts: 'a fenced member of ISR or ELR is elected',
    primary: '13-leader-was-eligible',
    alternative: {
      invariant: '12-isr-is-active',
      because: 'whoever is elected is in the ISR, where no fenced broker may be: judged before',
    },
  },
  {
    bug: 'clean-marker-not-deleted',
    number: 13,
    inverts: 'the mark of a clean stop stays, so the next crash counts as a clean stop',
    primary: '15-unclean-is-excluded',
  },
  {
    bug: 'vote-not-fsynced',
    number: 14,
    inverts: 'a vote is answered before it is on the disk',
    primary: '02-one-vote-per-term',
  },
  {
    bug: 'commit-old-term',
    number: 15,
    inverts: 'a leader commits entries of earlier terms by counting',
    primary: '07-commit-own-term',
  },
  {
    bug: 'wiped-voter-keeps-vote',
    number: 17,
    inverts: 'replicas are told apart by node id alone',
    primary: '10-roles',
    alternative: {
      invariant: '04-leader-completeness',
      because: 'an empty disk whose vote counts can make a leader before its own role looks wrong',
    },
  },
  {
    bug: 'deposed-leader-keeps-serving',
    number: 18,
    inverts: 'a partition leader that lost its lease and its followers still answers',
    primary: '37-deposed-leader-is-silent',
  },
  {
    bug: 'unheard-leader-keeps-leading',
    number: 18,
    inverts: 'a leader of the quorum that a majority no longer answers does not step down',
    primary: '37-deposed-leader-is-silent',
  },
  {
    bug: 'list-offsets-before-applied-hw',
    number: 19,
    inverts: 'a new leader names an end that may lie below an acknowledged record',
    primary: '18-true-high-watermark',
  },
  {
    bug: 'duplicate-answered-with-new-offset',
    number: 21,
    inverts: "a duplicate is answered with the log's end instead of its own offset",
    primary: '27-consistent-read',
  },
  {
    // The log's own assertion that this does not happen is off with it: the checker has to see it.
    bug: 'retention-above-high-watermark',
    number: 34,
    inverts: 'retention deletes what is not replicated yet',
    primary: '25-nothing-safe-is-cut',
    alternative: {
      invariant: '24-offsets-in-order',
      because: 'the start then lies above the high watermark of the replica itself, which is judged before',
    },
  },
  {
    bug: 'deletion-answered-before-followers',
    number: undefined,
    inverts: 'a deletion of records is answered before the followers have done it',
    primary: '25-deleted-stays-deleted',
  },
  {
    bug: 'follower-shows-unreplicated',
    number: undefined,
    inverts: 'a follower serves consumers what is not replicated yet',
    primary: '18-true-high-watermark',
  },
  {
    bug: 'duplicate-answered-before-hw',
    number: undefined,
    inverts: 'a resent batch is acknowledged before the original is replicated',
    primary: '18-true-high-watermark',
  },
  {
    bug: 'truncation-not-journaled',
    number: undefined,
    inverts: 'a truncation is not written to the journal: its replay brings the divergent tail back',
    primary: '24-offsets-in-order',
    alternative: {
      invariant: CANDIDATES,
      because: 'the tail that is back may stand where acknowledged records should, and fit the history',
    },
  },
  {
    bug: 'reassignment-completes-before-isr',
    number: undefined,
    inverts: 'a reassignment takes the old replicas away before the new ones are in the ISR',
    primary: '16-reassignment-keeps-copies',
  },
  {
    bug: 'reassigned-replica-starts-in-isr',
    number: undefined,
    inverts: 'a replica that a reassignment adds is in the ISR while it is empty',
    primary: '16-reassignment-keeps-copies',
  },
  {
    bug: 'progress-credited-to-reused-subscription',
    number: undefined,
    inverts: 'what an earlier subscription reported counts for the next one',
    primary: CANDIDATES,
  },
  {
    bug: 'group-commit-ignores-generation',
    number: 27,
    inverts: 'a commit of an older generation is taken',
    primary: '35-commits-are-fenced',
  },
  {
    bug: 'rebalance-awaits-nobody',
    number: 28,
    inverts: 'a generation begins before its members have come again, and so have let go of what they read',
    primary: '35-handed-over',
  },
  {
    bug: 'sync-hands-old-assignment',
    number: undefined,
    inverts: 'a member is given what it was assigned in the generation before, and not what its leader assigns',
    primary: '35-one-assignment',
    alternative: {
      invariant: '35-handed-over',
      because: 'who is told first what another one still reads is told before that one is told it again',
    },
  },
  {
    bug: 'group-offsets-not-loaded',
    number: 35,
    inverts: 'a new coordinator does not read what was committed at the one before',
    primary: '35-committed-offsets-last',
  },
  {
    bug: 'group-commit-answered-before-high-watermark',
    number: undefined,
    inverts: "a commit is answered once it is in the leader's log",
    primary: '35-committed-offsets-last',
  },
  {
    bug: 'two-coordinators-answer',
    number: undefined,
    inverts: 'a coordinator goes on although its partition is led by another broker',
    primary: '35-one-coordinator',
  },
];
