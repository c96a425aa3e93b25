/**
 * One virtual clock and one event heap for a whole world.
 *
 * An event runs, then every microtask that it caused, and only then the next event: so each `await` in the code under
 * test has gone as far as it can before anything else happens, and the run depends on the seed alone.
 *
 * How the microtasks are drained: Node runs a `process.nextTick` callback that was queued by a microtask after the last
 * microtask of the drain. The pump therefore queues a microtask that queues the next tick. That is some ten times
 * cheaper than a pass of the event loop (`setImmediate`) for each event; one pass in {@link EVENTS_PER_LOOP_PASS}
 * keeps the test runner's own timers alive and lets Node report unhandled rejections.
 *
 * Order of events: virtual time, then {@link Phase}, then a random number, then the order of scheduling. The random
 * number makes events of one instant race in every order over the seeds; `ordered` events of one instant keep theirs.
 */
// biome-ignore lint/style/noRestrictedImports: the pump of virtual time is driven by Node's real queues
import { nextTick } from 'node:process';
// biome-ignore lint/style/noRestrictedImports: as above
import { setImmediate } from 'node:timers';
import { assert, type Random, type Timer } from '@moldau/base';

/** Within one instant, as within one pass of Node's loop: timers, sockets and files, the turn's end, the pass's end. */
export type Phase = 'timer' | 'io' | 'endOfTurn' | 'afterPoll';

const PHASE_ORDER = { timer: 0, io: 1, endOfTurn: 2, afterPoll: 3 } as const satisfies Record<Phase, number>;

/** Often enough to stay interruptible, too seldom to cost anything. */
const EVENTS_PER_LOOP_PASS = 2048;

export interface ScheduleOptions {
  readonly phase?: Phase;
  /** Among events of one instant and phase: before the racing ones, in the order of scheduling. */
  readonly ordered?: boolean;
}

export interface RunOptions {
  /** Asked before each event, with all microtasks done. */
  readonly until?: () => boolean;
  /** Virtual time at which to stop; the clock then stands there. */
  readonly untilMs?: number;
  /** Against runs that never come to rest. */
  readonly eventsMax?: number;
  /** After each event and its microtasks: the place of invariant checks. What it throws fails the run. */
  readonly afterEvent?: () => void;
}

/** Why a run ended. `idle`: nothing is scheduled any more. */
export type RunEnd = 'until' | 'time' | 'idle' | 'events';

interface Entry {
  readonly timeMs: number;
  readonly phase: number;
  readonly tiebreak: number;
  readonly sequence: number;
  run: (() => void) | undefined;
}

export class Scheduler {
  readonly #random: Random;
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #sequence = 0;
  #eventCount = 0;
  #running = false;
  #traceHash = 0x811c9dc5;
  readonly #timeBits = new Float64Array(1);
  readonly #timeWords = new Uint32Array(this.#timeBits.buffer);

  constructor(random: Random) {
    this.#random = random;
  }

  /** Virtual milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  /** Of all that happened so far: equal for two runs of one seed, or determinism is lost. */
  get traceHash(): number {
    return this.#traceHash >>> 0;
  }

  /** Mixes something that happened, beyond the events themselves, into {@link traceHash}. */
  trace(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }

  after(delayMs: number, run: () => void, options: ScheduleOptions = {}): Timer {
    assert(delayMs >= 0 && delayMs < Infinity, 'a delay is finite and not negative', { delayMs });
    const entry: Entry = {
      timeMs: this.#nowMs + delayMs,
      phase: PHASE_ORDER[options.phase ?? 'io'],
      tiebreak: options.ordered ? -1 : this.#random.uint32(),
      sequence: this.#sequence++,
      run,
    };
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.run = undefined;
      },
    };
  }

  /** @throws whatever an event or `afterEvent` throws */
  run(options: RunOptions): Promise<RunEnd> {
    assert(!this.#running, 'a world has one run at a time');
    this.#running = true;
    return new Promise<RunEnd>((resolve, reject) => {
      let events = 0;
      const pump = (): void => {
        try {
          if (events > 0) options.afterEvent?.();
          const end = events === options.eventsMax ? 'events' : this.#step(options);
          if (end === undefined) {
            events++;
            queueMicrotask(events % EVENTS_PER_LOOP_PASS === 0 ? viaLoop : viaTick);
            return;
          }
          this.#running = false;
          resolve(end);
        } catch (error) {
          this.#running = false;
          reject(error);
        }
      };
      const viaTick = (): void => nextTick(pump);
      const viaLoop = (): void => void setImmediate(pump);
      // Also the first event waits for what the caller left to do.
      queueMicrotask(viaTick);
    });
  }

  /** Runs the world until the promise settles. @throws when the world comes to rest before that */
  async settle<T>(promise: Promise<T>, options: { readonly eventsMax?: number } = {}): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const end = await this.run({ until: () => settled, ...options });
    if (end !== 'until') {
      throw new Error(
        `the world stopped (${end}, ${this.#eventCount} events) at ${this.#nowMs} ms before what was awaited settled`,
      );
    }
    return promise;
  }

  #step(options: RunOptions): RunEnd | undefined {
    if (options.until?.()) return 'until';
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) pop(this.#heap);
    const entry = this.#heap[0];
    if (entry === undefined || (options.untilMs !== undefined && entry.timeMs > options.untilMs)) {
      if (options.untilMs === undefined) return 'idle';
      this.#nowMs = Math.max(this.#nowMs, options.untilMs);
      return 'time';
    }
    pop(this.#heap);
    assert(entry.timeMs >= this.#nowMs, 'virtual time does not go back');
    this.#nowMs = entry.timeMs;
    this.#eventCount++;
    this.#timeBits[0] = entry.timeMs;
    this.#mix(this.#timeWords[0] ?? 0);
    this.#mix(this.#timeWords[1] ?? 0);
    this.#mix(entry.sequence);
    entry.run?.();
    return undefined;
  }

  #mix(word: number): void {
    this.#traceHash = Math.imul(this.#traceHash ^ word, 0x01000193);
    this.#traceHash ^= this.#traceHash >>> 15;
  }
}

function before(left: Entry, right: Entry): boolean {
  if (left.timeMs !== right.timeMs) return left.timeMs < right.timeMs;
  if (left.phase !== right.phase) return left.phase < right.phase;
  if (left.tiebreak !== right.tiebreak) return left.tiebreak < right.tiebreak;
  return left.sequence < right.sequence;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent];
    if (other === undefined || !before(entry, other)) break;
    heap[at] = other;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    if (left === undefined) break;
    const right = heap[2 * at + 2];
    const least = right !== undefined && before(right, left) ? 2 * at + 2 : 2 * at + 1;
    const child = least === 2 * at + 1 ? left : right;
    if (child === undefined || !before(child, last)) break;
    heap[at] = child;
    at = least;
  }
  heap[at] = last;
}
