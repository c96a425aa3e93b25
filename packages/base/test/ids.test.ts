import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  assert,
  ERROR_CODES,
  errorCodeFromNumber,
  errorNumber,
  InvariantError,
  present,
  RequestError,
  randomFraction,
  randomInteger,
  uuidFromBytes,
  uuidToBytes,
} from '../src/index.ts';

test('a UUID is the unpadded URL-safe base64 of its 16 bytes, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = uuidFromBytes(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect([...uuidToBytes(text)]).toEqual([...bytes]);
    }),
  );
});

test('what is no UUID is refused', () => {
  expect(() => uuidToBytes('short')).toThrow('22 characters');
  expect(() => uuidToBytes('!'.repeat(22))).toThrow('does not contain "!"');
  expect(() => uuidFromBytes(new Uint8Array(15))).toThrow('16 bytes');
});

test('error numbers and names map both ways, and an unknown number is an unknown server error', () => {
  for (const name of Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]) {
    expect(errorCodeFromNumber(errorNumber(name))).toBe(name);
  }
  expect(errorCodeFromNumber(31337)).toBe('UNKNOWN_SERVER_ERROR');
  expect(new RequestError('NOT_CONTROLLER', 'ask node 12').retriable).toBe(true);
});

test('an invariant that does not hold says what must hold and shows the state', () => {
  expect(() => assert(false, 'the log grows', { start: 5, end: 3 })).toThrow(InvariantError);
  expect(() => assert(false, 'the log grows', { start: 5, end: 3 })).toThrow('the log grows: start=5 end=3');
  expect(() => present(undefined, 'the leader')).toThrow('the leader is present');
  expect(present(0, 'a number')).toBe(0);
});

test('random integers stay within their range and reach both of its ends', () => {
  const sequence = (values: number[]) => ({
    uint32: () => values.shift() ?? 0,
    bytes: (count: number) => new Uint8Array(count),
  });
  expect(randomInteger(sequence([0]), 3, 7)).toBe(3);
  expect(randomInteger(sequence([2 ** 32 - 1]), 3, 7)).toBe(6);
  expect(randomFraction(sequence([2 ** 31]))).toBe(0.5);
  expect(() => randomInteger(sequence([]), 3, 3)).toThrow('a range has members');
});
