/** What the groups of a broker have come to since it started: plain fields, walked when scraped. */
export class GroupCounters {
  /** Rebalances that ended with an assignment. */
  rebalances = 0;
  /** Offsets whose commit is replicated. */
  commits = 0;
  /** Offsets that were deleted, those that expired among them. */
  deletions = 0;
  expirations = 0;
  /** Partitions of the offsets topic that were loaded, and how long that took together. */
  loads = 0;
  loadMs = 0;
}
