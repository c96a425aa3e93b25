import type { RpcCloseReason } from './rpc.ts';

/**
 * One end of a connection that carries bytes in order and without borders, as TCP does. When the peer ends it, this end
 * does too: nobody here speaks into a connection that nobody answers.
 */
export interface ByteStream {
  /** `host:port` of the other end as this side sees it. */
  readonly peer: string;
  /**
   * Queues the parts, one after the other; their bytes must not change afterwards. False: more is queued than the peer
   * takes, so write nothing more until `onReady`. What is written to a stream that has closed is dropped.
   */
  write(parts: readonly Uint8Array[]): boolean;
  /** Whether the transport takes more now. */
  ready(): boolean;
  /** Stops `onBytes` until {@link resume}, and with it, through flow control, the peer. */
  pause(): void;
  resume(): void;
  /** Ends the stream after what was written; `onClose` follows, once. */
  end(): void;
  /** Ends it at once; what was written may not arrive. `onClose` follows, once. */
  destroy(): void;
}

/** What the owner of one end wants to hear. After `onClose` nothing more comes. */
export interface ByteStreamEvents {
  /** The bytes are the owner's. */
  onBytes(bytes: Uint8Array): void;
  /** More was queued than the peer takes, and now it takes more. */
  onReady(): void;
  /** `ended`: by either side on purpose. `refused`: nobody listens there. `broken`: lost, or ended at once. */
  onClose(reason: RpcCloseReason): void;
}

export interface ByteListener {
  /** `host:port` really listened on (the port is chosen by the system when 0 was asked for). */
  readonly address: string;
  /** Stops accepting, then ends at once what is still open after `graceMs`. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

export interface ByteStreams {
  /** @throws ListenError when the address is in use or cannot be bound */
  listen(options: {
    readonly address: string;
    /** Called for each connection that comes in. */
    readonly open: (stream: ByteStream) => ByteStreamEvents;
  }): Promise<ByteListener>;
  /** Never throws: a connection that cannot be made closes with the reason. What is written meanwhile waits for it. */
  connect(address: string, events: ByteStreamEvents): ByteStream;
}
