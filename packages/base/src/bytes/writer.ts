import { assert } from '../assert.ts';

const CAPACITY_INITIAL = 256;

/** Writes big-endian numbers, zigzag varints and slices into a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #position = 0;

  constructor(capacity: number = CAPACITY_INITIAL) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get position(): number {
    return this.#position;
  }

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setInt8(at, value);
    return this;
  }

  uint8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  int64(value: number): this {
    assert(Number.isSafeInteger(value), 'a 64-bit number is a safe integer', { value });
    const at = this.#reserve(8);
    this.#view.setInt32(at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 4, value >>> 0);
    return this;
  }

  /** Zigzag varint: Kafka's VARINT and VARLONG are the same on the wire. */
  varlong(value: number): this {
    let rest = zigzagEncode(value);
    while (rest >= 128) {
      this.uint8((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    return this.uint8(rest);
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Overwrites four bytes that were written earlier: lengths and checksums are known last. */
  patchUint32(position: number, value: number): this {
    assert(position + 4 <= this.#position, 'a patch lies within what was written', { position });
    this.#view.setUint32(position, value);
    return this;
  }

  /** What was written, as a view: the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#position);
  }

  #reserve(count: number): number {
    const start = this.#position;
    const end = start + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#position = end;
    return start;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#position));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Bytes that {@link ByteWriter.varlong} takes for this value. */
export function varlongSize(value: number): number {
  let rest = zigzagEncode(value);
  let size = 1;
  for (; rest >= 128; size++) rest = Math.floor(rest / 128);
  return size;
}

function zigzagEncode(value: number): number {
  const encoded = value >= 0 ? value * 2 : -value * 2 - 1;
  assert(Number.isSafeInteger(encoded), 'a varint fits 53 bits', { value });
  return encoded;
}
