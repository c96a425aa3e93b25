import { MalformedBytesError } from '@moldau/base';

const CAPACITY_MIN = 16 * 1024;
const SHORT_BYTES = 32;

/** What is decompressed, of which nobody says beforehand how much it will be: doubled as it grows, up to a bound. */
export class GrowingBytes {
  readonly #bytesMax: number;
  bytes: Uint8Array;
  length = 0;

  constructor(bytesMax: number, expected: number) {
    this.#bytesMax = bytesMax;
    this.bytes = new Uint8Array(Math.min(bytesMax, Math.max(CAPACITY_MIN, expected)));
  }

  /** Makes room for so many bytes more. @throws MalformedBytesError beyond the bound */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted > this.#bytesMax) throw new MalformedBytesError(`more than ${this.#bytesMax} bytes when decompressed`);
    if (wanted <= this.bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(wanted, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Most are a few bytes, and a call of the engine would cost more than they do. */
  append(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    this.reserve(count);
    const { bytes, length } = this;
    if (count > SHORT_BYTES) bytes.set(source.subarray(start, end), length);
    else for (let index = 0; index < count; index++) bytes[length + index] = source[start + index] ?? 0;
    this.length += count;
  }

  /** Repeats `count` bytes that begin `distance` before the end; they may run into what they write. @throws MalformedBytesError */
  repeat(distance: number, count: number): void {
    const from = this.length - distance;
    if (distance <= 0 || from < 0) throw new MalformedBytesError(`a repetition from ${distance} bytes ago`);
    this.reserve(count);
    const { bytes, length } = this;
    if (distance >= count && count > SHORT_BYTES) bytes.copyWithin(length, from, from + count);
    else for (let index = 0; index < count; index++) bytes[length + index] = bytes[from + index] ?? 0;
    this.length += count;
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
