import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type ByteListener,
  type ByteStream,
  type ByteStreamEvents,
  type ByteStreams,
  dialAddress,
  formatAddress,
  ListenError,
  parseAddress,
  type RpcCloseReason,
} from '@moldau/base';

/** Queued above it, the writer is asked to wait. One large answer fits; a slow reader costs no more than this beside it. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** What is sent comes from one turn of the event loop at a time, in few writes: waiting for more would only delay it. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 } as const;

const ENDED: RpcCloseReason = { code: 'ended', message: 'closed' };

/** TCP. */
export const nodeByteStreams: ByteStreams = {
  async listen({ address, open }): Promise<ByteListener> {
    const { host, port } = parseAddress(dialAddress(address));
    const sockets = new Set<SocketStream>();
    const server = createServer({ ...SOCKET_OPTIONS, highWaterMark: HIGH_WATER_BYTES }, (socket) => {
      const stream = new SocketStream(socket, () => sockets.delete(stream));
      sockets.add(stream);
      stream.start(open(stream));
    });
    const bound = await bind(server, address, { host, port });
    return new SocketListener(server, sockets, formatAddress({ host: parseAddress(address).host, port: bound }));
  },

  connect(address, events): ByteStream {
    const { host, port } = parseAddress(dialAddress(address));
    const socket = connect({ ...SOCKET_OPTIONS, host, port });
    const stream = new SocketStream(socket, () => undefined);
    stream.start(events);
    return stream;
  },
};

class SocketListener implements ByteListener {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<SocketStream>;

  constructor(server: Server, sockets: ReadonlySet<SocketStream>, address: string) {
    this.#server = server;
    this.#sockets = sockets;
    this.address = address;
  }

  close(options: { readonly graceMs: number }): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, options.graceMs);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** States: open -> closing (this side has ended it: nothing more is heard or said) -> closed; open -> closed. */
class SocketStream implements ByteStream {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #onClosed: () => void;
  #closing = false;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(socket: Socket, onClosed: () => void) {
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.peer = formatAddress({ host: socket.remoteAddress ?? 'unknown', port: socket.remotePort ?? 0 });
    socket.on('error', (error) => {
      this.#failure = error;
    });
  }

  start(events: ByteStreamEvents): void {
    this.#socket.on('data', (buffer: Buffer) => {
      if (!this.#closing) events.onBytes(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length));
    });
    this.#socket.on('drain', () => {
      if (!this.#closing) events.onReady();
    });
    this.#socket.on('close', () => {
      this.#onClosed();
      events.onClose(this.#reason());
    });
  }

  write(parts: readonly Uint8Array[]): boolean {
    if (this.#closing || this.#socket.destroyed) return false;
    // One system call for all of them.
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
    return this.ready();
  }

  ready(): boolean {
    return !this.#closing && this.#socket.writable && !this.#socket.writableNeedDrain;
  }

  pause(): void {
    if (!this.#closing) this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.end();
    // What still comes is dropped, but must be read: the peer's end comes after it.
    this.#socket.resume();
  }

  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #reason(): RpcCloseReason {
    const failure = this.#failure;
    if (this.#closing || failure === undefined) return ENDED;
    return { code: failure.code === 'ECONNREFUSED' ? 'refused' : 'broken', message: failure.message };
  }
}

function bind(server: Server, address: string, to: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(ListenError.of(address, error)));
    server.listen(to, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : to.port);
    });
  });
}
