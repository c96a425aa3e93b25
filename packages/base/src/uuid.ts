import type { Random } from './ports/random.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const UUID_BYTES = 16;
const UUID_LENGTH = 22;

/** 128 random bits as 22 characters of URL-safe base64: topic, directory, incarnation and cluster ids. */
export function randomUuid(random: Random): string {
  return uuidFromBytes(random.bytes(UUID_BYTES));
}

/** @throws RangeError unless there are exactly 16 bytes */
export function uuidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== UUID_BYTES) throw new RangeError(`a UUID has 16 bytes, not ${bytes.length}`);
  let text = '';
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 6) {
      pendingBits -= 6;
      text += ALPHABET[(pending >> pendingBits) & 63];
    }
    pending &= (1 << pendingBits) - 1;
  }
  return text + ALPHABET[(pending << (6 - pendingBits)) & 63];
}

/** @throws RangeError unless the text is a UUID as {@link uuidFromBytes} writes it */
export function uuidToBytes(text: string): Uint8Array {
  if (text.length !== UUID_LENGTH) throw new RangeError(`a UUID has 22 characters, not ${text.length}`);
  const bytes = new Uint8Array(UUID_BYTES);
  let pending = 0;
  let pendingBits = 0;
  let count = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new RangeError(`a UUID does not contain ${JSON.stringify(character)}`);
    pending = (pending << 6) | value;
    pendingBits += 6;
    if (pendingBits >= 8 && count < UUID_BYTES) {
      pendingBits -= 8;
      bytes[count++] = (pending >> pendingBits) & 255;
      pending &= (1 << pendingBits) - 1;
    }
  }
  return bytes;
}
