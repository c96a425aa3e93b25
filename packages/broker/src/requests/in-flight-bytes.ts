import { assert } from '@moldau/base';

/** Batches of one connection that wait for their answer: beyond it, its stream is paused. */
const CONNECTION_BYTES_MAX = 32 * 1024 * 1024;
/** Of all connections: what a broker's memory bears beside its logs' tails. */
const BROKER_BYTES_MAX = 256 * 1024 * 1024;

interface Pausable {
  pause(): void;
  resume(): void;
}

/**
 * Bytes that producers have sent and that are not answered. Counted for each connection and for the broker; above the
 * bound connections are paused, so that flow control holds the producers back instead of memory growing.
 */
export class InFlightBytes {
  readonly #bounds: { readonly connection: number; readonly broker: number };
  /** Paused for what all send together. Those paused for themselves alone go on when they have room, whatever others do. */
  readonly #held = new Set<ConnectionBytes>();
  #bytes = 0;

  constructor(bounds: { readonly connection: number; readonly broker: number } = BOUNDS) {
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Left before connections are paused. */
  get room(): number {
    return Math.max(0, this.#bounds.broker - this.#bytes);
  }

  open(stream: Pausable): ConnectionBytes {
    return new ConnectionBytes(stream, this.#bounds.connection, (connection, change) =>
      this.#changed(connection, change),
    );
  }

  #changed(connection: ConnectionBytes, change: number): void {
    this.#bytes += change;
    assert(this.#bytes >= 0, 'no more bytes leave than came', { bytes: this.#bytes });
    if (change > 0) this.#grown(connection);
    else this.#shrunk(connection);
  }

  #grown(connection: ConnectionBytes): void {
    const isOver = this.#bytes > this.#bounds.broker;
    if (isOver) this.#held.add(connection);
    if (isOver || connection.isFull) connection.pause();
  }

  #shrunk(connection: ConnectionBytes): void {
    if (connection.isPaused && !connection.isFull && !this.#held.has(connection)) {
      if (this.#bytes > this.#bounds.broker) this.#held.add(connection);
      else connection.resume();
    }
    // All at once, and not before half is free: resumed one by one at the bound, they would be paused again at once.
    if (this.#held.size === 0 || this.#bytes > this.#bounds.broker / 2) return;
    for (const held of this.#held) if (!held.isFull) held.resume();
    this.#held.clear();
  }
}

const BOUNDS = { connection: CONNECTION_BYTES_MAX, broker: BROKER_BYTES_MAX };

/** One connection's share. */
export class ConnectionBytes {
  readonly #stream: Pausable;
  readonly #bytesMax: number;
  readonly #changed: (connection: ConnectionBytes, change: number) => void;
  #bytes = 0;
  #closed = false;
  #paused = false;

  constructor(stream: Pausable, bytesMax: number, changed: (connection: ConnectionBytes, change: number) => void) {
    this.#stream = stream;
    this.#bytesMax = bytesMax;
    this.#changed = changed;
  }

  get isFull(): boolean {
    return !this.#closed && this.#bytes > this.#bytesMax;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#changed(this, bytes);
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    assert(this.#bytes >= 0, 'no more bytes leave a connection than came');
    this.#changed(this, -bytes);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#closed) this.#stream.resume();
  }

  /** The connection is gone; what it still waits for is removed as it is answered. */
  close(): void {
    this.#closed = true;
  }
}
