/**
 * Faults that tests switch on to prove that the checkers find them. Each inverts one condition; production passes none.
 *
 * - `hw-from-committed-isr`: the high watermark ignores members that are only proposed.
 * - `expand-without-epoch-start-check`: a follower joins although it lacks the start of this leader epoch.
 * - `no-broker-epoch-check`: a follower joins on the progress of an earlier run of its broker.
 * - `shrink-before-commit`: a member that is proposed to leave no longer counts.
 * - `hw-under-min-isr`: the high watermark moves although the committed ISR is too small.
 * - `truncate-to-hw`: a new follower truncates to its high watermark instead of by epoch (before KIP-101).
 * - `ack-before-flush`: the leader counts its own log end in a `flushed` topic.
 * - `follower-reports-unflushed-end`: so does a follower in what it reports.
 * - `deposed-leader-keeps-serving`: a leader without lease and without its in-sync followers still answers.
 * - `list-offsets-before-applied-hw`: a new leader names an end that may lie below an acknowledged record.
 * - `duplicate-answered-before-hw`: a resent batch is acknowledged before the original is replicated.
 * - `progress-credited-to-reused-subscription`: what an earlier subscription reported counts for the next one.
 * - `follower-shows-unreplicated`: a follower serves consumers up to its log's end.
 * - `deletion-answered-before-followers`: a deletion of records is answered once the leader has done it.
 * - `group-commit-ignores-generation`: a commit of an older generation is taken.
 * - `group-commit-answered-before-high-watermark`: a commit is answered once it is in the leader's log.
 * - `two-coordinators-answer`: a coordinator goes on although its partition is led by another broker.
 * - `rebalance-awaits-nobody`: a generation begins before its members have come again, and so have let go of what they read.
 * - `sync-hands-old-assignment`: a member is given what it was assigned in the generation before.
 * - `group-offsets-not-loaded`: a new coordinator does not read what was committed at the one before.
 */
export type PlantedBrokerBug =
  | 'hw-from-committed-isr'
  | 'expand-without-epoch-start-check'
  | 'no-broker-epoch-check'
  | 'shrink-before-commit'
  | 'hw-under-min-isr'
  | 'truncate-to-hw'
  | 'ack-before-flush'
  | 'follower-reports-unflushed-end'
  | 'deposed-leader-keeps-serving'
  | 'list-offsets-before-applied-hw'
  | 'duplicate-answered-before-hw'
  | 'progress-credited-to-reused-subscription'
  | 'follower-shows-unreplicated'
  | 'deletion-answered-before-followers'
  | 'group-commit-ignores-generation'
  | 'group-commit-answered-before-high-watermark'
  | 'two-coordinators-answer'
  | 'rebalance-awaits-nobody'
  | 'sync-hands-old-assignment'
  | 'group-offsets-not-loaded';

/** Names as they come from a simulation's options: those of other packages are in the same set. */
export interface PlantedBugs {
  has(bug: PlantedBrokerBug): boolean;
}

export const NO_BUGS: PlantedBugs = new Set();
