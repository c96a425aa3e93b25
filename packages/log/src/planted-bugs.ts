/**
 * Faults that a simulation switches on to prove that its checkers would see them. Each inverts one condition; none is
 * set in production.
 *
 * - `ack-before-fsync`: a flushed end is reported when its flush starts, not when it ended
 * - `truncation-not-journaled`: a truncation is not written to the journal, so a replay resurrects the divergent tail
 * - `clean-marker-not-deleted`: the mark of a clean stop stays, so the next crash counts as a clean stop
 * - `corruption-cut-as-torn-tail`: invalid bytes below a durable end are cut instead of reported
 * - `duplicate-answered-with-new-offset`: a duplicate is answered with the log's end instead of its own offset
 * - `retention-above-high-watermark`: retention deletes segments that are not replicated yet
 */
export type LogPlantedBug =
  | 'ack-before-fsync'
  | 'truncation-not-journaled'
  | 'clean-marker-not-deleted'
  | 'corruption-cut-as-torn-tail'
  | 'duplicate-answered-with-new-offset'
  | 'retention-above-high-watermark';

/** Names as they come from a simulation's options: those of other packages are in the same set. */
export type PlantedBugs = ReadonlySet<string>;

export function isPlanted(bugs: PlantedBugs | undefined, bug: LogPlantedBug): boolean {
  return bugs?.has(bug) === true;
}
