import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { APIS } from '../src/index.ts';
import { arbitraryMessage, messageVersions } from './support/arbitrary-messages.ts';
import { bytesToHex, decodeFrame, encodeFrame, nameOf } from './support/messages.ts';

const RUNS = 25;

/** Decoded views may be of any kind of Uint8Array; what counts is their bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

describe('every message in every version', () => {
  for (const message of messageVersions(APIS)) {
    test(`${nameOf(message)} comes back as it was sent`, () => {
      fc.assert(
        fc.property(arbitraryMessage(message), (value) => {
          const frame = encodeFrame(message, value);
          const decoded = decodeFrame(message, frame);
          expect(plain(decoded)).toStrictEqual(plain(value));
          expect(bytesToHex(encodeFrame(message, decoded as object))).toBe(bytesToHex(frame));
        }),
        { numRuns: RUNS },
      );
    });
  }
});
