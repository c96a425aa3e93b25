import type { OffsetEntry } from './records.ts';

/** A partition by name, as offsets are kept. */
export interface NamedPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What is in the log and not replicated yet. */
interface Appended {
  /** Records of this partition on their way. */
  count: number;
  /** The last of them; null: deleted. */
  last: OffsetEntry | null;
}

interface Place {
  committed: OffsetEntry | undefined;
  appended: Appended | undefined;
}

/** By which time the offsets of a group expire, see {@link GroupOffsets.expired}. */
export type ExpiryRule =
  /** Nobody is in the group since then. */
  | { readonly kind: 'since'; readonly wallMs: number }
  /** From its commit; topics that are read do not expire. */
  | { readonly kind: 'unread'; readonly topics: ReadonlySet<string> }
  | { readonly kind: 'since-commit' }
  | { readonly kind: 'never' };

/**
 * The offsets of one group. What is replicated is told and lasts; what is only appended is known, since it may come to last:
 * a partition with such a record does not expire, and is trimmed from the log with that record's value.
 */
export class GroupOffsets {
  readonly #topics = new Map<string, Map<number, Place>>();
  #size = 0;

  /** Partitions with an offset, replicated or on its way. */
  get size(): number {
    return this.#size;
  }

  committed(topic: string, partition: number): OffsetEntry | undefined {
    return this.#topics.get(topic)?.get(partition)?.committed;
  }

  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false;
  }

  topics(): Iterable<string> {
    return this.#topics.keys();
  }

  *committedOf(topic: string): Iterable<readonly [number, OffsetEntry]> {
    for (const [partition, { committed }] of this.#topics.get(topic) ?? []) {
      if (committed !== undefined) yield [partition, committed];
    }
  }

  /** A record is in the log. {@link apply} follows for each, in order. */
  append({ topic, partition }: NamedPartition, entry: OffsetEntry | null): void {
    const place = this.#place(topic, partition);
    place.appended ??= { count: 0, last: null };
    place.appended.count++;
    place.appended.last = entry;
  }

  /** A record is replicated, or was found in the log. */
  apply({ topic, partition }: NamedPartition, entry: OffsetEntry | null): void {
    const place = this.#place(topic, partition);
    place.committed = entry ?? undefined;
    if (place.appended !== undefined && --place.appended.count === 0) place.appended = undefined;
    if (place.committed !== undefined || place.appended !== undefined) return;
    const partitions = this.#topics.get(topic);
    if (partitions?.delete(partition)) this.#size--;
    if (partitions?.size === 0) this.#topics.delete(topic);
  }

  /** As the log's end has it. */
  *latest(): Iterable<NamedPartition & { readonly entry: OffsetEntry }> {
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, { committed, appended }] of partitions) {
        const entry = appended === undefined ? committed : (appended.last ?? undefined);
        if (entry !== undefined) yield { topic, partition, entry };
      }
    }
  }

  /** Partitions whose offset has outlived its time. */
  expired(rule: ExpiryRule, of: { readonly nowWallMs: number; readonly retentionMs: number }): NamedPartition[] {
    const found: NamedPartition[] = [];
    if (rule.kind === 'never') return found;
    for (const [topic, partitions] of this.#topics) {
      if (rule.kind === 'unread' && rule.topics.has(topic)) continue;
      for (const [partition, { committed, appended }] of partitions) {
        if (committed === undefined || appended !== undefined) continue;
        const sinceMs =
          rule.kind === 'since' ? Math.max(rule.wallMs, 0) || committed.committedWallMs : committed.committedWallMs;
        const endsMs = committed.expiresWallMs ?? sinceMs + of.retentionMs;
        if (of.nowWallMs >= endsMs) found.push({ topic, partition });
      }
    }
    return found;
  }

  #place(topic: string, partition: number): Place {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.#topics.set(topic, partitions);
    }
    let place = partitions.get(partition);
    if (place === undefined) {
      place = { committed: undefined, appended: undefined };
      partitions.set(partition, place);
      this.#size++;
    }
    return place;
  }
}
