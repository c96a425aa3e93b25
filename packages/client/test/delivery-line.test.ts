import { sequenceAfter } from '@moldau/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AttemptOutcome, DeliveryLine, type LineBatch } from '../src/producer/delivery-line.ts';

interface ModelBatch extends LineBatch {
  readonly name: number;
  /** Its parts are named from its name to below the next one's. */
  readonly span: number;
  tooLarge: boolean;
  fate: 'open' | 'delivered' | 'refused' | 'overtaken' | 'lost' | 'expired' | 'split';
}

function newBatch(name: number, recordCount: number, span = 1): ModelBatch {
  const line = { sequence: -1, maybeAppended: false, inFlight: false, ordinal: -1 };
  return { ...line, name, recordCount, span, tooLarge: false, fate: 'open' };
}

const whole = (batch: ModelBatch): readonly ModelBatch[] => [batch];

/** One partition's log with the rules of KIP-98, reduced to which batch lies where. */
class ModelLog {
  readonly names: number[] = [];
  #epoch = -1;
  #next = 0;
  #window: { readonly sequence: number; readonly name: number }[] = [];

  offer(batch: ModelBatch, epoch: number): 'appended' | 'duplicate' | 'outOfPlace' {
    if (epoch < this.#epoch) return 'outOfPlace';
    if (epoch > this.#epoch) {
      if (batch.sequence !== 0) return 'outOfPlace';
      this.#epoch = epoch;
      this.#window = [];
      this.#next = 0;
    }
    if (this.#window.some((each) => each.sequence === batch.sequence && each.name === batch.name)) return 'duplicate';
    if (batch.sequence !== this.#next) return 'outOfPlace';
    this.names.push(batch.name);
    this.#next = sequenceAfter(batch.sequence, batch.recordCount);
    this.#window = [...this.#window.slice(-4), { sequence: batch.sequence, name: batch.name }];
    return 'appended';
  }
}

type Fault = 'none' | 'refuse' | 'retry' | 'lose' | 'tooLarge';

type Step =
  | { readonly kind: 'send'; readonly recordCount: number }
  | { readonly kind: 'arrive'; readonly fault: Fault }
  | { readonly kind: 'answer'; readonly pick: number; readonly lost: boolean }
  | { readonly kind: 'expire'; readonly pick: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('send' as const), recordCount: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('arrive' as const),
        fault: fc.constantFrom<Fault[]>('none', 'none', 'none', 'refuse', 'retry', 'lose', 'tooLarge'),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(), lost: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), pick: fc.nat() }) },
  ),
  { maxLength: 120 },
);

/** A sender around the line, and a network that keeps order within what was sent and answers in any order. */
class Model {
  readonly line = new DeliveryLine<ModelBatch>({ inFlightMax: 5, sequenced: true });
  readonly log = new ModelLog();
  readonly batches: ModelBatch[] = [];
  /** On their way to the broker, in order. Each carries its own attempt's number. */
  readonly wire: { readonly batch: ModelBatch; readonly sequence: number; readonly epoch: number; live: boolean }[] =
    [];
  readonly answers: { readonly batch: ModelBatch; readonly outcome: AttemptOutcome; readonly attempt: object }[] = [];
  #live = new Map<ModelBatch, object>();
  epoch = 0;
  #sent = 0;

  step(step: Step): void {
    switch (step.kind) {
      case 'send': {
        if (!this.line.mayAdmit) break;
        const batch = newBatch(this.#sent++, step.recordCount);
        this.batches.push(batch);
        this.line.admit(batch);
        this.#send(batch);
        break;
      }
      case 'arrive':
        this.#arrive(step.fault);
        break;
      case 'answer': {
        const answer = this.answers.splice(step.pick % Math.max(this.answers.length, 1), 1)[0];
        // An answer to an attempt that was given up says nothing.
        if (answer === undefined || this.#live.get(answer.batch) !== answer.attempt) break;
        this.#answered(answer.batch, step.lost && answer.outcome !== 'refused' ? 'unknown' : answer.outcome);
        break;
      }
      case 'expire': {
        const batch = this.line.batches[step.pick % Math.max(this.line.batches.length, 1)];
        if (batch === undefined) break;
        this.#live.delete(batch);
        const sent = batch.inFlight || batch.maybeAppended;
        this.line.forget(batch);
        batch.fate = sent ? 'lost' : 'expired';
        break;
      }
    }
    this.#proceed();
  }

  #proceed(): void {
    if (this.line.mustRenew) {
      for (const batch of this.line.renew((each) => this.#partsOf(each))) batch.fate = 'lost';
      this.epoch++;
    }
    for (const batch of this.line.takeResends()) this.#send(batch);
    expect(this.line.inFlightCount).toBeLessThanOrEqual(5);
  }

  #partsOf(batch: ModelBatch): readonly ModelBatch[] {
    if (!batch.tooLarge) return [batch];
    batch.fate = 'split';
    const half = batch.recordCount >> 1;
    const parts = [
      newBatch(batch.name, half, batch.span / 2),
      newBatch(batch.name + batch.span / 2, batch.recordCount - half, batch.span / 2),
    ];
    this.batches.push(...parts);
    return parts;
  }

  #send(batch: ModelBatch): void {
    const attempt = { batch, sequence: batch.sequence, epoch: this.epoch, live: true };
    this.#live.set(batch, attempt);
    this.wire.push(attempt);
  }

  #arrive(fault: Fault): void {
    const attempt = this.wire.shift();
    if (attempt === undefined) return;
    const { batch } = attempt;
    const answer = (outcome: AttemptOutcome): void => void this.answers.push({ batch, outcome, attempt });
    if (fault === 'lose') answer('unknown');
    else if (fault === 'retry') answer('notAppended');
    else if (fault === 'tooLarge' && batch.recordCount > 1) answer('tooLarge');
    else if (fault === 'refuse' && !batch.maybeAppended) answer('refused');
    else {
      const verdict = this.log.offer({ ...batch, sequence: attempt.sequence }, attempt.epoch);
      answer(verdict === 'outOfPlace' ? 'outOfPlace' : 'delivered');
    }
  }

  #answered(batch: ModelBatch, outcome: AttemptOutcome): void {
    this.#live.delete(batch);
    if (outcome === 'tooLarge') batch.tooLarge = true;
    for (const verdict of this.line.answered(batch, outcome)) {
      if (verdict.kind !== 'retry') verdict.batch.fate = verdict.kind;
    }
  }
}

describe('the line of a partition', () => {
  test('whatever fails and in whatever order: once, in order, and what is said of a batch is true', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const model = new Model();
        for (const step of script) model.step(step);
        // Then the network heals.
        for (let round = 0; round < 400 && model.batches.some(({ fate }) => fate === 'open'); round++) {
          model.step({ kind: 'arrive', fault: 'none' });
          model.step({ kind: 'answer', pick: 0, lost: false });
        }
        while (model.wire.length > 0) model.step({ kind: 'arrive', fault: 'none' });
        const { names } = model.log;
        expect(names).toEqual([...new Set(names)].sort((left, right) => left - right));
        for (const batch of model.batches) {
          if (batch.fate === 'delivered') expect(names).toContain(batch.name);
          // Its first part has its name.
          else if (batch.fate === 'split') continue;
          else if (batch.fate !== 'lost') expect(names).not.toContain(batch.name);
          expect(batch.fate).not.toBe('open');
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('sequences are contiguous over batches, and begin again at 0 under the next epoch', () => {
    const line = new DeliveryLine<ModelBatch>({ inFlightMax: 5, sequenced: true });
    const [first, second, third] = [newBatch(0, 2), newBatch(1, 3), newBatch(2, 1)];
    for (const batch of [first, second, third]) line.admit(batch);
    expect([first.sequence, second.sequence, third.sequence]).toEqual([0, 2, 5]);
    line.answered(first, 'refused');
    expect(line.mayAdmit).toBe(false);
    line.answered(second, 'outOfPlace');
    line.answered(third, 'outOfPlace');
    expect(line.mustRenew).toBe(true);
    expect(line.renew(whole)).toEqual([]);
    expect(line.takeResends().map(({ sequence }) => sequence)).toEqual([0, 3]);
  });

  test('nothing is sent again while anything is in flight', () => {
    const line = new DeliveryLine<ModelBatch>({ inFlightMax: 5, sequenced: true });
    const [first, second] = [newBatch(0, 1), newBatch(1, 1)];
    line.admit(first);
    line.admit(second);
    line.answered(first, 'notAppended');
    expect(line.takeResends()).toEqual([]);
    expect(line.mayAdmit).toBe(false);
    line.answered(second, 'outOfPlace');
    expect(line.takeResends()).toEqual([first, second]);
  });

  test.each([true, false])(
    'a batch that is too large goes on as its parts, before what is behind it (numbered: %s)',
    (sequenced) => {
      const line = new DeliveryLine<ModelBatch>({ inFlightMax: sequenced ? 2 : 1, sequenced });
      const [large, next, last] = [newBatch(0, 6), newBatch(1, 1), newBatch(2, 1)];
      line.admit(large);
      if (sequenced) line.admit(next);
      line.answered(large, 'tooLarge');
      if (sequenced) line.answered(next, 'outOfPlace');
      expect([line.mustRenew, line.mayAdmit]).toEqual([true, false]);
      const parts = [newBatch(0, 3), newBatch(0.5, 3)];
      expect(line.renew((batch) => (batch === large ? parts : [batch]))).toEqual([]);
      const sent: ModelBatch[] = [];
      for (;;) {
        const resent = line.takeResends();
        if (resent.length === 0) break;
        expect(resent.length).toBeLessThanOrEqual(sequenced ? 2 : 1);
        if (sent.length === 0) expect(line.mayAdmit).toBe(false);
        sent.push(...resent);
        for (const batch of resent) line.answered(batch, 'delivered');
      }
      expect(sent).toEqual(sequenced ? [...parts, next] : parts);
      line.admit(last);
      expect(last.sequence).toBe(sequenced ? 7 : 6);
    },
  );

  test('a batch that may have been appended is given up rather than renumbered', () => {
    const line = new DeliveryLine<ModelBatch>({ inFlightMax: 5, sequenced: true });
    const batch = newBatch(0, 1);
    line.admit(batch);
    line.answered(batch, 'unknown');
    expect(line.takeResends()).toEqual([batch]);
    line.answered(batch, 'outOfPlace');
    expect(line.renew(whole)).toEqual([batch]);
    expect(line.batches).toEqual([]);
  });
});
