/** Bytes that end too early or hold what they may not. Whoever fed them gets the error; nothing is guessed. */
export class MalformedBytesError extends Error {
  override readonly name = 'MalformedBytesError';
}

/** Longest encoding of a 64-bit varint. */
const VARLONG_BYTES_MAX = 10;

/** Reads big-endian numbers, varints and slices off bytes it distrusts: every read is bounded by what is left. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** @throws MalformedBytesError when the number is not a safe integer */
  int64(): number {
    const at = this.#take(8);
    return safe(this.#view.getInt32(at) * 2 ** 32 + this.#view.getUint32(at + 4));
  }

  /** Zigzag varint of up to 32 bits (Kafka's VARINT). */
  varint(): number {
    const value = this.varlong();
    if (value < -(2 ** 31) || value >= 2 ** 31) throw new MalformedBytesError(`a varint of 32 bits holds ${value}`);
    return value;
  }

  /** Zigzag varint of up to 64 bits (Kafka's VARLONG); must be a safe integer. */
  varlong(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARLONG_BYTES_MAX; count++) {
      const byte = this.uint8();
      value += (byte & 127) * scale;
      if (byte < 128) return zigzagDecode(safe(value));
      scale *= 128;
    }
    throw new MalformedBytesError('a varint is longer than 10 bytes');
  }

  /** A view of the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    if (count < 0) throw new MalformedBytesError(`a length is negative: ${count}`);
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  skip(count: number): void {
    if (count < 0) throw new MalformedBytesError(`a length is negative: ${count}`);
    this.#take(count);
  }

  #take(count: number): number {
    const start = this.#position;
    if (count > this.#bytes.length - start) {
      throw new MalformedBytesError(`${count} bytes are wanted at ${start}, ${this.#bytes.length - start} are left`);
    }
    this.#position = start + count;
    return start;
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new MalformedBytesError('a number does not fit 53 bits');
  return value;
}

function zigzagDecode(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
