import { MalformedBytesError } from '@moldau/base';
import { foreignOpening } from './foreign-opening.ts';

const SIZE_BYTES = 4;

/**
 * The first buffer for a frame that comes in pieces. What the peer announces costs it four bytes, so more is allocated
 * only as more arrives.
 */
const BUFFER_BYTES_FIRST = 64 * 1024;
const BUFFER_GROWTH = 4;

/**
 * Cuts the bytes of a connection into frames: a size in 32 bits, and that many bytes, a request or a response.
 *
 * Bytes come in as the network cuts them (`append`) and frames are taken out one by one (`next`): a broker that has
 * enough to do takes no more, and stops reading. A frame that lies in one chunk is a view of it. The bytes of one that
 * lies in several are copied once, and a few times over all where its buffer has to grow.
 */
export class FrameSplitter {
  /** The largest frame to accept, from the next frame on: a peer that has authenticated itself may send larger ones. */
  frameBytesMax: number;
  readonly #chunks: Uint8Array[] = [];
  /** Where what was not taken of the first chunk begins. */
  #position = 0;
  #heldBytes = 0;
  /** The size of the frame that has begun: its bytes so far, and what they say. */
  readonly #prefix = new Uint8Array(SIZE_BYTES);
  #prefixBytes = 0;
  #size = 0;
  /** What has arrived of a frame that lies in several chunks. */
  #buffer = new Uint8Array(0);
  #bufferedBytes = 0;
  #fault: MalformedBytesError | undefined;

  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Bytes that were appended and not returned yet. When `next` has nothing to return, they are of a frame that has begun. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes over bytes of the connection: they must not be changed afterwards. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    // Node's sockets give Buffers, whose slice() is a view. From here on bytes are what their type says.
    this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    this.#heldBytes += chunk.length;
  }

  /**
   * The next whole frame, without its size; undefined until more bytes are appended.
   *
   * @throws MalformedBytesError for a size that no frame has, then and ever after: nobody knows where the next one begins
   */
  next(): Uint8Array | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const frame = this.#readSize(chunk) ? this.#readFrame(chunk) : undefined;
      if (this.#position === chunk.length) {
        this.#chunks.shift();
        this.#position = 0;
      }
      if (frame !== undefined) return frame;
    }
    return undefined;
  }

  /** Whether the size of the frame is known now. */
  #readSize(chunk: Uint8Array): boolean {
    if (this.#prefixBytes === SIZE_BYTES) return true;
    while (this.#prefixBytes < SIZE_BYTES) {
      const byte = chunk[this.#position];
      if (byte === undefined) return false;
      this.#prefix[this.#prefixBytes++] = byte;
      this.#position++;
    }
    const size = new DataView(this.#prefix.buffer).getInt32(0);
    if (size < 0 || size > this.frameBytesMax) {
      const foreign = foreignOpening(this.#prefix);
      const what =
        foreign === undefined ? '' : `; these bytes open ${foreign}, and only the Kafka protocol is spoken here`;
      this.#fault = new MalformedBytesError(`a frame of ${size} bytes, ${this.frameBytesMax} may be${what}`);
      throw this.#fault;
    }
    this.#size = size;
    return true;
  }

  #readFrame(chunk: Uint8Array): Uint8Array | undefined {
    const left = chunk.length - this.#position;
    if (this.#bufferedBytes === 0 && left >= this.#size) {
      const frame = chunk.subarray(this.#position, this.#position + this.#size);
      this.#position += this.#size;
      return this.#finish(frame);
    }
    const count = Math.min(left, this.#size - this.#bufferedBytes);
    this.#reserve(this.#bufferedBytes + count);
    this.#buffer.set(chunk.subarray(this.#position, this.#position + count), this.#bufferedBytes);
    this.#bufferedBytes += count;
    this.#position += count;
    if (this.#bufferedBytes < this.#size) return undefined;
    return this.#finish(this.#buffer.subarray(0, this.#size));
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = Math.max(bytes, BUFFER_BYTES_FIRST, this.#buffer.length * BUFFER_GROWTH);
    const buffer = new Uint8Array(Math.min(grown, this.#size));
    buffer.set(this.#buffer.subarray(0, this.#bufferedBytes));
    this.#buffer = buffer;
  }

  #finish(frame: Uint8Array): Uint8Array {
    this.#heldBytes -= SIZE_BYTES + frame.length;
    this.#prefixBytes = 0;
    this.#bufferedBytes = 0;
    // The frame is a view of it, and whoever has the frame may keep it.
    this.#buffer = new Uint8Array(0);
    return frame;
  }
}
