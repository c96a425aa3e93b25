import { connect, type Socket } from 'node:net';
import { DevError } from '@moldau/dev';
import { type Api, encodeRequest, FrameSplitter, type RequestInput } from '@moldau/protocol';

const FRAME_BYTES_MAX = 1024 * 1024;

/** One Kafka connection, with one request at a time. */
export class KafkaPeer {
  readonly #socket: Socket;
  readonly #splitter = new FrameSplitter(FRAME_BYTES_MAX);
  #answered: ((frame: Uint8Array) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #correlation = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#splitter.append(bytes);
      const frame = this.#splitter.next();
      if (frame !== undefined) this.#answered?.(frame);
    });
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new DevError('the broker closed a connection')));
  }

  /** @throws DevError, or what the system says */
  static async open(address: string): Promise<KafkaPeer> {
    const [host = '', port] = address.split(':');
    const socket = connect({ host, port: Number(port) });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new KafkaPeer(socket);
  }

  /** The answer's frame. @throws when the connection ends */
  ask<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): Promise<Uint8Array> {
    const correlationId = ++this.#correlation;
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      for (const part of encodeRequest(api, { apiVersion, correlationId, clientId: 'bench' }, request)) {
        this.#socket.write(part);
      }
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }
}
