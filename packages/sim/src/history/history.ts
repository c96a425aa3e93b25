import type { Offset } from '@moldau/base';
import type { ReadRecord, SendOutcome, SentRecord } from '@moldau/history';

/** A record's place in its producer's line, as its value says it: `producer/topic/partition#sequence`. */
export interface RecordName {
  readonly key: string;
  readonly sequence: number;
}

export function recordValue({ key, sequence }: RecordName): string {
  return `${key}#${sequence}`;
}

function parseRecordValue(value: string): RecordName {
  const at = value.lastIndexOf('#');
  return { key: value.slice(0, at), sequence: Number(value.slice(at + 1)) };
}

interface Sent {
  readonly name: RecordName;
  readonly topic: string;
  readonly partition: number;
  outcome: SendOutcome;
}

/** What is known of the cluster at the end. */
export interface Judgement {
  /** Whether everything in this partition can be read. */
  readonly isPromised: (topic: string, partition: number) => boolean;
  /** Retention has passed this offset. */
  readonly isDeleted: (topic: string, partition: number, offset: bigint) => boolean;
  /** Of partitions, as in what was read. */
  readonly numbers: ReadonlyMap<string, number>;
}

/**
 * What producers sent and were told, over a whole run. A record whose answer never came is of unknown outcome, and so is
 * all of a producer that promises nothing (without idempotence a retry may write twice, and in another order).
 */
export class History {
  readonly #sent: Sent[] = [];
  readonly #unpromising = new Set<string>();

  /** A producer whose records may stand in the log any number of times. */
  addUnpromising(producer: string): void {
    this.#unpromising.add(producer);
  }

  /** Returns how to tell what became of it. */
  sent(name: RecordName, topic: string, partition: number): (outcome: SendOutcome) => void {
    const sent: Sent = { name, topic, partition, outcome: { kind: 'unknown' } };
    this.#sent.push(sent);
    return (outcome) => {
      sent.outcome = outcome;
    };
  }

  /** Of promising producers, in partitions of which something is promised. */
  *judged({ isPromised, isDeleted, numbers }: Judgement): Iterable<SentRecord> {
    for (const { name, topic, partition, outcome } of this.#sent) {
      if (this.#isUnpromising(name) || !isPromised(topic, partition)) continue;
      const number = numbers.get(placeName(topic, partition)) ?? UNREAD;
      // Where it stood is not known: where anything was deleted, it may have been.
      if (outcome.kind === 'kept' && isDeleted(topic, partition, 0n)) yield { ...name, outcome: { kind: 'unknown' } };
      else if (outcome.kind !== 'acknowledged') yield { ...name, outcome };
      // It may be there still: retention takes whole segments, and one replica after the other.
      else if (isDeleted(topic, partition, outcome.offset)) yield { ...name, outcome: { kind: 'unknown' } };
      else yield { ...name, outcome: { ...outcome, partition: number } };
    }
  }

  isJudged(name: RecordName): boolean {
    return !this.#isUnpromising(name);
  }

  #isUnpromising({ key }: RecordName): boolean {
    return this.#unpromising.has(key.slice(0, key.indexOf('/')));
  }
}

/** What the final read of everything found. */
export interface FinalRead {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
  readonly value: string;
}

/** A partition in which nothing was found. */
const UNREAD = -1;

function placeName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** In the form of the checker: partitions of all topics are counted through, as `numbers` says. */
export function readRecords(
  reads: Iterable<FinalRead>,
  history: History,
): { readonly numbers: ReadonlyMap<string, number>; readonly records: readonly ReadRecord[] } {
  const numbers = new Map<string, number>();
  const records: ReadRecord[] = [];
  for (const { topic, partition, offset, value } of reads) {
    const name = parseRecordValue(value);
    if (!history.isJudged(name)) continue;
    const place = placeName(topic, partition);
    const number = numbers.get(place) ?? numbers.size;
    numbers.set(place, number);
    records.push({ ...name, partition: number, offset: BigInt(offset) });
  }
  return { numbers, records };
}
