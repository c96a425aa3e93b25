/** What one client may take of the broker, and for how long. Those that have a setting are named like Kafka's. */
export interface KafkaLimits {
  /** Largest request (`socket.request.max.bytes`). */
  readonly frameBytesMax: number;
  /** Of this listener (`max.connections`). */
  readonly connectionsMax: number;
  /** Of one address (`max.connections.per.ip`). */
  readonly connectionsPerAddressMax: number;
  /** Without a request for so long, and nothing to wait for (`connections.max.idle.ms`). */
  readonly idleMs: number;
  /** A peer that opens a connection has something to ask: one that does not is none of ours. */
  readonly firstRequestMs: number;
  /** A frame that has begun has to get on by so much within so long: a slow line does, a trickle does not. */
  readonly frameStallMs: number;
  readonly frameProgressBytes: number;
  /** Of frames that are not whole, of all connections: more, and the one that holds most is cut. */
  readonly unfinishedBytesMax: number;
  /** A peer that takes none of its answers, with a socket full of them, for so long. */
  readonly writeStallMs: number;
  /** How long a connection that was ended waits for its peer's end. */
  readonly endingMs: number;
}

const MIB = 1024 * 1024;

export const KAFKA_LIMITS: KafkaLimits = {
  frameBytesMax: 100 * MIB,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 1000,
  idleMs: 600_000,
  firstRequestMs: 30_000,
  frameStallMs: 30_000,
  frameProgressBytes: 64 * 1024,
  unfinishedBytesMax: 256 * MIB,
  writeStallMs: 60_000,
  endingMs: 5000,
};
