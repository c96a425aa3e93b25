import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { APIS } from '../src/index.ts';
import { arbitraryMessage, messageVersions } from './support/arbitrary-messages.ts';
import { bytesToHex, decodeFrame, encodeFrame, nameOf, plain } from './support/messages.ts';

const RUNS = 25;

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
