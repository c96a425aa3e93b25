/**
 * Judges what clients saw of a log against what it promises: every acknowledged record stands in it exactly once, at the
 * offset that was acknowledged, and the records of one key stand in the order in which they were sent. A record whose
 * sender never learned what became of it may stand there once or not at all; one that was refused must not.
 *
 * Pure: runs on real processes and on simulated ones. Within a key, senders number their records 0, 1, 2 ...
 */

/** What the sender learned of one record. */
export type SendOutcome =
  | { readonly kind: 'acknowledged'; readonly partition: number; readonly offset: bigint }
  /** Acknowledged without an offset: the answer to a repeat from long ago. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused' };

export interface SentRecord {
  readonly key: string;
  readonly sequence: number;
  readonly outcome: SendOutcome;
}

/** One record of the final read of everything; within a partition in the order of reading. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly sequence: number;
}

/**
 * `lost`: acknowledged, not there. `duplicate`: there twice. `moved`: not where it was acknowledged. `disorder`: behind
 * a later record of its key, or an offset that did not ascend. `phantom`: never sent, or sent and refused.
 */
export type ViolationKind = 'lost' | 'duplicate' | 'moved' | 'disorder' | 'phantom';

export interface Violation {
  readonly kind: ViolationKind;
  readonly message: string;
}

export interface HistoryVerdict {
  readonly acknowledged: number;
  /** Records of unknown outcome, and how many of them stand in the log. */
  readonly unknown: number;
  readonly unknownFound: number;
  readonly read: number;
  /** Count of each kind; all zero when the log kept its promises. */
  readonly counts: Readonly<Record<ViolationKind, number>>;
  /** The first violations, at most {@link VIOLATIONS_TOLD_MAX}. */
  readonly violations: readonly Violation[];
}

/** Enough to see what went wrong; a lost partition would otherwise fill the terminal. */
const VIOLATIONS_TOLD_MAX = 20;

export function checkHistory(sent: Iterable<SentRecord>, read: Iterable<ReadRecord>): HistoryVerdict {
  const counts: Record<ViolationKind, number> = { lost: 0, duplicate: 0, moved: 0, disorder: 0, phantom: 0 };
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, message: string): void => {
    counts[kind]++;
    if (violations.length < VIOLATIONS_TOLD_MAX) violations.push({ kind, message });
  };
  const found = indexReads(read, report);
  let acknowledged = 0;
  let unknown = 0;
  let unknownFound = 0;
  const known = new Map<string, Set<number>>();
  for (const { key, sequence, outcome } of sent) {
    const place = found.places.get(key)?.get(sequence);
    if (outcome.kind !== 'refused') remember(known, key, sequence);
    if (outcome.kind === 'unknown') {
      unknown++;
      if (place) unknownFound++;
    }
    if (outcome.kind === 'kept') {
      acknowledged++;
      if (!place) report('lost', `${key}#${sequence}, acknowledged without an offset, is not in the log`);
    }
    if (outcome.kind !== 'acknowledged') continue;
    acknowledged++;
    const { partition, offset } = outcome;
    if (!place) report('lost', `${key}#${sequence}, acknowledged at ${partition}:${offset}, is not in the log`);
    else if (place.partition !== partition || place.offset !== offset) {
      report(
        'moved',
        `${key}#${sequence}: acknowledged at ${partition}:${offset}, found at ${place.partition}:${place.offset}`,
      );
    }
  }
  for (const [key, places] of found.places) {
    for (const sequence of places.keys()) {
      if (!known.get(key)?.has(sequence))
        report('phantom', `${key}#${sequence} is in the log, but was not sent or was refused`);
    }
  }
  return { acknowledged, unknown, unknownFound, read: found.count, counts, violations };
}

interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** Where each record stands first, reporting what the order alone shows to be wrong. */
function indexReads(
  read: Iterable<ReadRecord>,
  report: (kind: ViolationKind, message: string) => void,
): { places: Map<string, Map<number, Place>>; count: number } {
  const places = new Map<string, Map<number, Place>>();
  const lastOfKey = new Map<string, number>();
  const lastOffset = new Map<number, bigint>();
  let count = 0;
  for (const { partition, offset, key, sequence } of read) {
    count++;
    const before = lastOffset.get(partition);
    if (before !== undefined && offset <= before) {
      report('disorder', `partition ${partition} has offset ${offset} after ${before}`);
    }
    lastOffset.set(partition, offset);
    let ofKey = places.get(key);
    if (!ofKey) {
      ofKey = new Map();
      places.set(key, ofKey);
    }
    const first = ofKey.get(sequence);
    if (first) {
      report('duplicate', `${key}#${sequence} stands at ${first.partition}:${first.offset} and ${partition}:${offset}`);
      continue;
    }
    ofKey.set(sequence, { partition, offset });
    const last = lastOfKey.get(key) ?? -1;
    if (sequence < last)
      report('disorder', `${key}#${sequence} at ${partition}:${offset} stands behind ${key}#${last}`);
    else lastOfKey.set(key, sequence);
  }
  return { places, count };
}

function remember(known: Map<string, Set<number>>, key: string, sequence: number): void {
  const ofKey = known.get(key);
  if (ofKey) ofKey.add(sequence);
  else known.set(key, new Set([sequence]));
}
