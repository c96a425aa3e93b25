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
  *judged(
    isPromised: (topic: string, partition: number) => boolean,
    numbers: ReadonlyMap<string, number>,
  ): Iterable<SentRecord> {
    for (const { name, topic, partition, outcome } of this.#sent) {
      if (this.#isUnpromising(name) || !isPromised(topic, partition)) continue;
      const number = numbers.get(placeName(topic, partition)) ?? UNREAD;
      yield { ...name, outcome: outcome.kind === 'acknowledged' ? { ...outcome, partition: number } : outcome };
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
