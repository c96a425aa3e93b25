import type { Offset } from '@moldau/base';

/** One record that a client was told is safe, or was shown. */
export interface Witnessed {
  readonly offset: Offset;
  readonly value: string;
}

export type WitnessKind = 'acknowledged' | 'consumed' | 'committed';

/** What is known of one partition from outside of it. */
export class PartitionGhost {
  /** Acknowledged with acks=all: offset -> value. */
  readonly acknowledged: Map<Offset, string> = new Map();
  /** Shown to a consumer: offset -> value. */
  readonly consumed: Map<Offset, string> = new Map();
  /** Below the high watermark of some leader, so that it may be acknowledged and shown at any time: offset -> value. */
  readonly committed: Map<Offset, string> = new Map();
  /** Everything below was acknowledged, shown, or might have been: no correct leader may lack it. */
  trueHighWatermark: Offset = 0;
  /** The highest high watermark of any leader so far. */
  committedEnd: Offset = 0;
  /** Offsets in the order in which they were witnessed: a checker goes on where it stopped. */
  readonly witnessed: Offset[] = [];
  /** An offset that was witnessed with two values. */
  readonly conflicts: string[] = [];
  /** A topic with durability `replicated` may be without a leader for good when too many replicas crash at once. */
  readonly flushed: boolean;
  /** Old records may be deleted. */
  readonly hasRetention: boolean;
  /** A request to delete what is below was answered by the leader that it was sent to; 0: none was. */
  deletedStart: Offset = 0;
  /** It was exempt at some time. */
  wasExempt = false;
  #exempt: string | undefined;
  #movedStart: Offset = 0;
  #askedStart: Offset = 0;

  constructor(options: { readonly flushed: boolean; readonly hasRetention: boolean }) {
    this.flushed = options.flushed;
    this.hasRetention = options.hasRetention;
  }

  /**
   * Why it need not have a leader, nor keep every record on some disk: it is `replicated`, and more of its replicas are
   * down or back from a crash than it can bear. Whoever leads it still has everything, since nobody else may be elected.
   */
  get exempt(): string | undefined {
    return this.#exempt;
  }

  excuse(why: string): void {
    this.#exempt ??= why;
    this.wasExempt = true;
  }

  /** It has a leader and all its replicas again: from here on as if nothing had happened. */
  promiseAgain(): void {
    this.#exempt = undefined;
  }

  /** No log may begin behind this one: what retention or a request has deleted, and never more than what was replicated. */
  get legalStart(): Offset {
    return Math.min(this.#movedStart, this.committedEnd);
  }

  /** Somebody asks to delete what is below: from now on any log may begin there. */
  deletionAsked(beforeOffset: Offset): void {
    this.#askedStart = Math.max(this.#askedStart, beforeOffset);
  }

  /** Retention, or a deletion that was asked for, has moved the start of some log. Any other cause of a later start is a loss. */
  retained(startOffset: Offset): void {
    const isAllowed = this.hasRetention || startOffset <= this.#askedStart;
    if (isAllowed && startOffset > this.#movedStart) this.#movedStart = startOffset;
  }

  witness(kind: WitnessKind, { offset, value }: Witnessed): void {
    const known = this.valueAt(offset);
    if (known === undefined) this.witnessed.push(offset);
    else if (known !== value) this.conflicts.push(`offset ${offset} was ${known}, ${kind} is ${value}`);
    this[kind].set(offset, value);
    this.trueHighWatermark = Math.max(this.trueHighWatermark, offset + 1);
  }

  valueAt(offset: Offset): string | undefined {
    return this.committed.get(offset) ?? this.acknowledged.get(offset) ?? this.consumed.get(offset);
  }
}
