import { assert, ByteWriter, uuidToBytes } from '@moldau/base';
import { ZERO_UUID } from '../definition/field.ts';

/**
 * Record batches of at least this size are passed on as parts of their own. Copying less is cheaper than one more
 * entry in a writev.
 */
const PART_BYTES_MIN = 4096;

const ZERO_UUID_BYTES = new Uint8Array(16);

/** Writes the types of the wire. Large record batches are not copied: they are put between parts of the buffer. */
export class WireWriter extends ByteWriter {
  /** What belongs between the bytes before and behind a position of the buffer. */
  readonly #inserted: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #insertedBytes = 0;

  /** All that was written, what is not in the buffer included. */
  get size(): number {
    return this.position + this.#insertedBytes;
  }

  uint16(value: number): this {
    return this.uint8(value >> 8).uint8(value & 255);
  }

  float64(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    return this.bytes(bytes);
  }

  /** See the wire type of this name. */
  int64Clamped(value: number): this {
    if (value === Number.MAX_SAFE_INTEGER) return this.uint32(0x7fffffff).uint32(0xffffffff);
    if (value === Number.MIN_SAFE_INTEGER) return this.uint32(0x80000000).uint32(0);
    return this.int64(value);
  }

  unsignedVarint(value: number): this {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.uint8((rest % 128) + 128);
    return this.uint8(rest);
  }

  uuid(value: string): this {
    return this.bytes(value === ZERO_UUID ? ZERO_UUID_BYTES : uuidToBytes(value));
  }

  records(parts: readonly Uint8Array[]): this {
    for (const bytes of parts) {
      if (bytes.length < PART_BYTES_MIN) {
        this.bytes(bytes);
        continue;
      }
      this.#inserted.push({ at: this.position, bytes });
      this.#insertedBytes += bytes.length;
    }
    return this;
  }

  /** The buffer and what was inserted, in the order of the wire. The writer must not be used afterwards. */
  parts(): Uint8Array[] {
    const buffer = this.finish();
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const { at, bytes } of this.#inserted) {
      if (at > from) parts.push(buffer.subarray(from, at));
      parts.push(bytes);
      from = at;
    }
    if (buffer.length > from) parts.push(buffer.subarray(from));
    return parts;
  }

  /** All bytes in one piece, for what has no records in it. */
  whole(): Uint8Array {
    assert(this.#inserted.length === 0, 'a structure without records is in one piece');
    return this.finish();
  }
}
