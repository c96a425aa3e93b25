import { asBuffer, assertIsMessage } from './message-bytes.ts';

/**
 * Bytes that a stream has taken and not yet passed on, above which it asks its owner to wait. Two of the largest
 * messages in use, so that one is on its way while the next is built.
 */
const SEND_MARK_BYTES = 2 * 1024 * 1024;

/** The writing half of grpc-js's streams. */
interface MessageWriter {
  /** `written` follows when the message has been passed on. */
  write(message: Buffer, written: () => void): boolean;
}

/** Counts what a stream of messages holds back: Node's own mark counts messages, of which some have 100 bytes and some a megabyte. */
export class SendBuffer {
  readonly #writer: MessageWriter;
  readonly #onReady: () => void;
  #bytes = 0;
  #full = false;

  constructor(writer: MessageWriter, onReady: () => void) {
    this.#writer = writer;
    this.#onReady = onReady;
  }

  get ready(): boolean {
    return this.#bytes < SEND_MARK_BYTES;
  }

  send(bytes: Uint8Array): void {
    assertIsMessage(bytes);
    this.#bytes += bytes.length;
    this.#full ||= !this.ready;
    this.#writer.write(asBuffer(bytes), () => this.#sent(bytes.length));
  }

  #sent(count: number): void {
    this.#bytes -= count;
    if (!this.#full || !this.ready) return;
    this.#full = false;
    this.#onReady();
  }
}
