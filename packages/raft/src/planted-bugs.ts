/**
 * Faults that tests switch on to prove that the checkers find them. Each inverts one condition; production passes none.
 *
 * - `vote-not-fsynced`: the shell answers `persisted` before the sync, so a crash forgets a vote.
 * - `commit-old-term`: a leader commits entries of earlier terms by counting (figure 8 of the paper).
 * - `config-change-before-own-term-commit`: a leader takes a voter change before an entry of its own term is committed.
 * - `wiped-voter-keeps-vote`: replicas are told apart by node id alone, so an emptied disk votes for the old one.
 * - `unheard-leader-keeps-leading`: a leader that a majority no longer answers does not step down.
 */
export type PlantedRaftBug =
  | 'vote-not-fsynced'
  | 'commit-old-term'
  | 'config-change-before-own-term-commit'
  | 'wiped-voter-keeps-vote'
  | 'unheard-leader-keeps-leading';
