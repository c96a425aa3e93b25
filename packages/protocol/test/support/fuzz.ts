import { MalformedBytesError } from '@moldau/base';
import fc from 'fast-check';
import { APIS, type DecodeLimits, decodeRequest, FrameSplitter, openRequest } from '../../src/index.ts';
import { arbitraryMessage, type MessageVersion, messageVersions } from './arbitrary-messages.ts';
import { decodeFrame, EVERYTHING, encodeFrame } from './messages.ts';

const FRAME_BYTES_MAX = 100_000;
/** Small, so that the budget is reached by what frames of a few hundred bytes can say. */
const LIMITS: DecodeLimits = { objectsMax: 400 };
const EXTREMES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];
const SAMPLES = 3;

/** Numbers below a bound, the same for the same seed (mulberry32). */
export type Dice = (bound: number) => number;

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

export interface Specimen {
  readonly message: MessageVersion;
  readonly frame: Uint8Array;
}

/** Valid frames of every message in every version. */
export function specimens(seed: number): readonly Specimen[] {
  return messageVersions(APIS).flatMap((message) =>
    fc
      .sample(arbitraryMessage(message), { numRuns: SAMPLES, seed })
      .map((value) => ({ message, frame: encodeFrame(message, value).slice(0, 2000) })),
  );
}

/** `random`: nobody's frames, half of them behind a header that leads to a decoder. `mutated`: valid ones, changed. */
export type FuzzKind = 'random' | 'mutated';

export interface FuzzOutcome {
  values: number;
  refused: number;
}

/** Feeds frames to whatever would read them. Throws what is neither a value within its budget nor a MalformedBytesError. */
export function fuzz(kind: FuzzKind, frames: number, roll: Dice, valid: readonly Specimen[]): FuzzOutcome {
  const outcome: FuzzOutcome = { values: 0, refused: 0 };
  // Most frames end in an error, and walking the stack for each would be nine tenths of the work.
  Error.stackTraceLimit = 0;
  for (let count = 0; count < frames; count++) {
    try {
      const value = kind === 'random' ? readRandom(roll) : readMutated(roll, valid);
      const objects = countObjects(value);
      if (objects > LIMITS.objectsMax) throw new Error(`${objects} objects came of ${LIMITS.objectsMax}`);
      outcome.values++;
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      outcome.refused++;
    }
  }
  return outcome;
}

function readRandom(roll: Dice): unknown {
  return read(roll(2) === 0 ? randomBytes(roll, roll(200)) : randomBody(roll));
}

function readMutated(roll: Dice, valid: readonly Specimen[]): unknown {
  if (roll(8) === 0) return splitAndRead(roll, valid);
  const { message, frame } = valid[roll(valid.length)] as Specimen;
  const mutated = mutate(roll, frame);
  return message.direction === 'response' ? decodeFrame(message, mutated, LIMITS) : read(mutated);
}

function read(frame: Uint8Array): unknown {
  const opened = openRequest(frame, EVERYTHING);
  if (opened.kind !== 'request') return undefined;
  return decodeRequest(opened.api, opened.header.apiVersion, opened.body, LIMITS);
}

function randomBytes(roll: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => roll(256));
}

/** A header that leads to a decoder, and anything behind it. */
function randomBody(roll: Dice): Uint8Array {
  const bytes = randomBytes(roll, 11 + roll(100));
  const view = new DataView(bytes.buffer);
  view.setInt16(0, APIS[roll(APIS.length)]?.key ?? 0);
  view.setInt16(2, roll(15));
  view.setInt16(8, 0);
  view.setUint8(10, 0);
  return bytes;
}

function splitAndRead(roll: Dice, valid: readonly Specimen[]): unknown {
  const splitter = new FrameSplitter(FRAME_BYTES_MAX);
  const { frame } = valid[roll(valid.length)] as Specimen;
  const bytes = new Uint8Array(frame.length + 4);
  new DataView(bytes.buffer).setInt32(0, frame.length);
  bytes.set(frame, 4);
  const stream = roll(2) === 0 ? bytes : mutate(roll, bytes);
  const cut = roll(stream.length + 1);
  splitter.append(stream.subarray(0, cut));
  const early = splitter.next();
  splitter.append(stream.subarray(cut));
  const first = early ?? splitter.next();
  return first === undefined ? undefined : read(first);
}

function mutate(roll: Dice, frame: Uint8Array): Uint8Array {
  let bytes = frame.slice();
  for (let left = 1 + roll(4); left > 0; left--) bytes = mutateOnce(roll, bytes);
  return bytes;
}

function mutateOnce(roll: Dice, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = roll(bytes.length + 1);
  switch (roll(7)) {
    case 0:
      return overwrite(bytes, at, [roll(256)]);
    case 1:
      return overwrite(bytes, at, [EXTREMES[roll(EXTREMES.length)] ?? 0]);
    case 2:
      return overwrite(bytes, at, [[0x7f, 0xff, 0x80, 0x00][roll(4)] ?? 0, 0xff, 0xff, 0xff]);
    case 3:
      return overwrite(bytes, at, [0xff, 0xff, 0xff, 0xff, roll(256)]);
    case 4:
      return bytes.slice(0, at);
    case 5:
      return join(bytes.subarray(0, at), bytes.subarray(Math.min(at + 1 + roll(8), bytes.length)));
    default:
      // The piece behind the place twice: more of what is there, where a count does not say so.
      return join(bytes.subarray(0, Math.min(at + 1 + roll(16), bytes.length)), bytes.subarray(at));
  }
}

function overwrite(bytes: Uint8Array<ArrayBuffer>, at: number, values: readonly number[]): Uint8Array<ArrayBuffer> {
  for (const [index, value] of values.entries()) if (at + index < bytes.length) bytes[at + index] = value;
  return bytes;
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

/** Structures, strings, views, arrays and their elements, as the budget has them. */
function countObjects(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return 1;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    return value.reduce((sum: number, each: unknown) => sum + Math.max(countObjects(each), 1), 1);
  }
  return Object.values(value).reduce((sum: number, each: unknown) => sum + countObjects(each), 1);
}
