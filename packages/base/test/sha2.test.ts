import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { hmac, SHA_256, SHA_512, utf8Encode } from '../src/index.ts';

const HASHES = [
  ['sha256', SHA_256],
  ['sha512', SHA_512],
] as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test.each(HASHES)('%s is what Node makes of it, whatever the length', (name, { digest }) => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255);
    expect(hex(digest(bytes))).toBe(createHash(name).update(bytes).digest('hex'));
  }
});

test.each(HASHES)('HMAC with %s is what Node makes of it, with keys shorter and longer than a block', (name, hash) => {
  for (const length of [0, 1, 63, 64, 65, 127, 128, 129, 300]) {
    const key = Uint8Array.from({ length }, (_, index) => (index * 7 + 1) & 255);
    const message = utf8Encode('Client Key');
    expect(hex(hmac(hash, key, message))).toBe(createHmac(name, key).update(message).digest('hex'));
  }
});
