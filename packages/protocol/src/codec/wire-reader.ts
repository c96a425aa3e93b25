import { ByteReader, MalformedBytesError, utf8Decode, uuidFromBytes } from '@moldau/base';
import { ZERO_UUID } from '../definition/field.ts';
import { type DecodeLimits, STRING_BYTES_MAX, TAGS_MAX } from './limits.ts';

/** Longest encoding of 32 bits. */
const UNSIGNED_VARINT_BYTES_MAX = 5;

/** Reads the types of the wire off a message it distrusts, within a budget of objects. */
export class WireReader extends ByteReader {
  #objectsLeft: number;

  constructor(bytes: Uint8Array, limits: DecodeLimits) {
    super(bytes);
    this.#objectsLeft = limits.objectsMax;
  }

  /** Takes objects from the budget, before they are made. */
  charge(objects: number): void {
    this.#objectsLeft -= objects;
    if (this.#objectsLeft < 0) throw new MalformedBytesError('a message has more objects than one may have');
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  float64(): number {
    const bytes = this.bytes(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  int64Clamped(): number {
    const value = this.int32() * 2 ** 32 + this.uint32();
    return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }

  /** Seven bits a byte, the lowest first; 32 bits at most. */
  unsignedVarint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < UNSIGNED_VARINT_BYTES_MAX; count++) {
      const byte = this.uint8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value >= 2 ** 32) throw new MalformedBytesError(`a varint of 32 bits holds ${value}`);
        return value;
      }
      scale *= 128;
    }
    throw new MalformedBytesError('a varint of 32 bits is longer than 5 bytes');
  }

  /** A length or count in flexible versions: one more than it says, 0 for null, which is -1 here as elsewhere. */
  compactLength(): number {
    return this.unsignedVarint() - 1;
  }

  text(length: number): string {
    if (length > STRING_BYTES_MAX) throw new MalformedBytesError(`a string of ${length} bytes, 32767 may be`);
    if (length === 0) return '';
    const bytes = this.bytes(length);
    try {
      return utf8Decode(bytes);
    } catch (cause) {
      throw new MalformedBytesError('a string is not UTF-8', { cause });
    }
  }

  uuid(): string {
    const bytes = this.bytes(16);
    return bytes.every((byte) => byte === 0) ? ZERO_UUID : uuidFromBytes(bytes);
  }

  /**
   * The tagged fields at the end of a structure: a count, and for each its tag, its size and its bytes. The tags go up,
   * so none comes twice. `known` reads one and says so, or leaves it to be skipped.
   */
  tags(known?: (tag: number) => boolean): void {
    const count = this.unsignedVarint();
    if (count > TAGS_MAX) throw new MalformedBytesError(`${count} tagged fields in one structure`);
    let previous = -1;
    for (let index = 0; index < count; index++) {
      const tag = this.unsignedVarint();
      if (tag <= previous) throw new MalformedBytesError(`tag ${tag} comes after tag ${previous}`);
      previous = tag;
      const size = this.unsignedVarint();
      if (size > this.remaining)
        throw new MalformedBytesError(`tag ${tag} of ${size} bytes, ${this.remaining} are left`);
      const end = this.position + size;
      if (known?.(tag) !== true) this.skip(size);
      else if (this.position !== end) throw new MalformedBytesError(`tag ${tag} does not have the size it says`);
    }
  }
}
