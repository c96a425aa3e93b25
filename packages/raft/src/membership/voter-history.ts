import { assert, type MetadataOffset } from '@moldau/base';
import type { Entry } from '../entry.ts';
import { ANY_DIRECTORY, type Replica } from './replica.ts';
import { decodeVoters, encodeVoters, VOTERS_MAX } from './voter-set-codec.ts';

interface VoterSetAt {
  readonly index: MetadataOffset;
  readonly voters: readonly Replica[];
}

/**
 * The voter sets along the log. The newest one is in force as soon as it is in the log, committed or not (thesis, 4.1);
 * when its entry is truncated the one before it is in force again, which is why the older ones are kept.
 */
export class VoterHistory {
  #sets: VoterSetAt[];

  constructor(snapshot: VoterSetAt) {
    this.#sets = [snapshot];
  }

  get current(): readonly Replica[] {
    return this.#newest.voters;
  }

  /** Where the set in force stands in the log. */
  get currentIndex(): MetadataOffset {
    return this.#newest.index;
  }

  /** The set that is in force again if the current one is truncated; undefined when that cannot happen. */
  get previous(): readonly Replica[] | undefined {
    return this.#sets.at(-2)?.voters;
  }

  /** The set in force at `index`. */
  at(index: MetadataOffset): readonly Replica[] {
    const found = this.#sets.findLast((set) => set.index <= index);
    assert(found !== undefined, 'the voters of a retained index are known', { index });
    return found.voters;
  }

  /** To be told of each entry that joins the log. */
  onAppended(entry: Entry): void {
    if (entry.kind !== 'voters' || entry.index <= this.currentIndex) return;
    this.#sets.push({ index: entry.index, voters: decodeVoters(entry.payload) });
  }

  onTruncated(from: MetadataOffset): void {
    while (this.#sets.length > 1 && this.currentIndex >= from) this.#sets.pop();
    assert(this.currentIndex < from, 'a committed voter set is not truncated', {
      from,
      currentIndex: this.currentIndex,
    });
  }

  /** Forgets the sets that only entries before `index` need. */
  onCompacted(index: MetadataOffset): void {
    const first = this.#sets.findLastIndex((set) => set.index <= index);
    if (first > 0) this.#sets.splice(0, first);
  }

  /** The log was replaced by a snapshot. */
  reset(snapshot: VoterSetAt): void {
    this.#sets = [{ index: snapshot.index, voters: snapshot.voters }];
  }

  get #newest(): VoterSetAt {
    const newest = this.#sets.at(-1);
    assert(newest !== undefined, 'there is always a voter set, if an empty one');
    return newest;
  }
}

/**
 * The log with which a new cluster begins: its first entry names the voters. It may be given to one founder or, the
 * same, to all.
 */
export function foundingEntry(voters: readonly Replica[]): Entry {
  const ids = new Set(voters.map((voter) => voter.nodeId));
  assert(
    voters.length > 0 && voters.length <= VOTERS_MAX && ids.size === voters.length,
    'founders have ids of their own',
  );
  assert(
    voters.every((voter) => voter.directoryId !== ANY_DIRECTORY),
    'the directory of each founder is known',
  );
  return { index: 1, term: 0, kind: 'voters', payload: encodeVoters(voters) };
}
