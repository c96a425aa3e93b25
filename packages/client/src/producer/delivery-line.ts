import { assert } from '@moldau/base';
import { sequenceAfter } from '@moldau/records';

/**
 * The batches of one partition that were sent and are not settled, in the order of their sequence numbers. Decides what
 * may be sent when, so that a partition's records reach its log once, in order, whatever fails.
 *
 * A batch: admitted -> in flight -> (waiting -> in flight)* -> gone (delivered, refused, overtaken, expired, lost).
 *
 * - While one batch waits to be sent again, nothing new leaves, and nothing is sent again until no batch is in flight
 *   any more: then all that wait leave in order. So a later batch never passes an earlier one.
 * - A line counts from sequence 0 under one (producer id, epoch). When a batch leaves it undelivered, its successors'
 *   numbers have a hole before them and the line is `broken`: once nothing is in flight it is renewed under a higher
 *   epoch, which also fences whatever of the old one is still on its way. A batch of which no attempt was surely without
 *   effect is never renumbered: under its old number the broker recognises a duplicate, under a new one it cannot.
 * - A batch that is too large for its topic breaks the line too, numbered or not: at the renewal its parts take its place.
 */
export interface LineBatch {
  readonly recordCount: number;
  /** Of its first record. */
  sequence: number;
  /** Some attempt may have been appended. */
  maybeAppended: boolean;
  inFlight: boolean;
  /** Place in the order of admission, over all renewals. */
  ordinal: number;
}

/**
 * What became of an attempt. `notAppended`: surely without effect, may be repeated. `unknown`: may have been appended, may
 * be repeated under the same number. `outOfPlace`: surely not appended, since the broker expects another number.
 * `tooLarge`: surely not appended, and never will be, but its parts may. `refused`: surely not appended, and never will be.
 */
export type AttemptOutcome = 'delivered' | 'notAppended' | 'unknown' | 'outOfPlace' | 'tooLarge' | 'refused';

/** What the owner must do with batches after an answer. */
export interface LineVerdict<B> {
  readonly batch: B;
  readonly kind: 'delivered' | 'retry' | 'refused' | 'overtaken';
}

export class DeliveryLine<B extends LineBatch> {
  readonly #inFlightMax: number;
  readonly #sequenced: boolean;
  #batches: B[] = [];
  #inFlightCount = 0;
  #rewinding = false;
  #broken = false;
  #sequenceNext = 0;
  #ordinalNext = 0;
  #ordinalDelivered = -1;

  constructor(options: { readonly inFlightMax: number; readonly sequenced: boolean }) {
    this.#inFlightMax = options.inFlightMax;
    this.#sequenced = options.sequenced;
  }

  get batches(): readonly B[] {
    return this.#batches;
  }

  get inFlightCount(): number {
    return this.#inFlightCount;
  }

  /** Whether {@link renew} is due. */
  get mustRenew(): boolean {
    return this.#broken && this.#inFlightCount === 0;
  }

  get mayAdmit(): boolean {
    return !this.#rewinding && !this.#broken && this.#batches.length < this.#inFlightMax;
  }

  /** The batch gets its number and counts as sent. */
  admit(batch: B): void {
    assert(this.mayAdmit, 'a batch is admitted behind batches that are all in flight');
    batch.sequence = this.#sequenceNext;
    batch.ordinal = this.#ordinalNext++;
    batch.inFlight = true;
    this.#sequenceNext = sequenceAfter(this.#sequenceNext, batch.recordCount);
    this.#batches.push(batch);
    this.#inFlightCount++;
  }

  /**
   * What must be sent again now, in order; it counts as sent. Of more batches than may be in flight, which there are where one
   * became several, the others wait until these are answered.
   */
  takeResends(): readonly B[] {
    if (!this.#rewinding || this.#broken || this.#inFlightCount > 0) return [];
    const resent = this.#batches.slice(0, this.#inFlightMax);
    for (const batch of resent) batch.inFlight = true;
    this.#inFlightCount = resent.length;
    this.#rewinding = resent.length < this.#batches.length;
    return resent;
  }

  /** An attempt of a batch in flight has ended. The verdicts say what leaves the line. */
  answered(batch: B, outcome: AttemptOutcome): readonly LineVerdict<B>[] {
    assert(batch.inFlight && this.#batches.includes(batch), 'an answer is for a batch in flight');
    batch.inFlight = false;
    this.#inFlightCount--;
    switch (outcome) {
      case 'delivered':
        this.#remove(batch);
        this.#ordinalDelivered = Math.max(this.#ordinalDelivered, batch.ordinal);
        return [{ batch, kind: 'delivered' }, ...this.#takeOvertaken()];
      case 'refused':
        this.#remove(batch);
        // An earlier attempt may have been appended, and its successors with it; still the numbers end here.
        this.#break();
        return [{ batch, kind: 'refused' }];
      case 'unknown':
        batch.maybeAppended = true;
        break;
      case 'notAppended':
        break;
      case 'tooLarge':
        this.#broken = true;
        break;
      case 'outOfPlace':
        // Behind a batch that must be sent again this is only what follows from that; at the head the line itself is void.
        if (this.#batches[0] === batch) this.#break();
        break;
    }
    this.#rewinding = true;
    return [{ batch, kind: 'retry' }, ...this.#takeOvertaken()];
  }

  /** The owner gives the batch up, in flight or not. */
  forget(batch: B): void {
    if (batch.inFlight) this.#inFlightCount--;
    batch.inFlight = false;
    this.#remove(batch);
    this.#break();
  }

  /** The numbers mean nothing any more, as when the topic was made anew. */
  breakOff(): void {
    if (this.#batches.length > 0) this.#break();
    else this.#sequenceNext = 0;
  }

  /**
   * Begins again at 0; the owner raises the epoch. Returns the batches that may have been appended under the old numbers:
   * they leave the line, their outcome is unknown. The others wait to be sent, each as the parts that the owner makes of it.
   */
  renew(partsOf: (batch: B) => readonly B[]): readonly B[] {
    assert(this.mustRenew, 'a line is renewed when it is broken and nothing is in flight');
    const lost = this.#batches.filter((batch) => batch.maybeAppended);
    this.#batches = this.#batches.filter((batch) => !batch.maybeAppended).flatMap(partsOf);
    this.#sequenceNext = 0;
    for (const batch of this.#batches) {
      // None of them was overtaken, and parts have no place yet.
      batch.ordinal = this.#ordinalNext++;
      batch.sequence = this.#sequenceNext;
      this.#sequenceNext = sequenceAfter(this.#sequenceNext, batch.recordCount);
    }
    this.#broken = false;
    this.#rewinding = this.#batches.length > 0;
    return lost;
  }

  #break(): void {
    if (this.#sequenced) this.#broken = true;
    this.#rewinding = this.#batches.some((batch) => !batch.inFlight);
  }

  #remove(batch: B): void {
    this.#batches.splice(this.#batches.indexOf(batch), 1);
  }

  /**
   * A later batch is in the log and an earlier one surely is not. A broker that checks numbers cannot do that, but if it
   * did, sending the earlier one again would disorder the log: its sender must decide.
   */
  #takeOvertaken(): LineVerdict<B>[] {
    if (!this.#sequenced) return [];
    const overtaken = this.#batches.filter(
      (batch) => !batch.inFlight && !batch.maybeAppended && batch.ordinal < this.#ordinalDelivered,
    );
    if (overtaken.length === 0) return [];
    for (const batch of overtaken) this.#remove(batch);
    this.#break();
    return overtaken.map((batch) => ({ batch, kind: 'overtaken' }));
  }
}
