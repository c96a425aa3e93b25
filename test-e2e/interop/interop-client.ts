/** What is sent: bytes as they are. */
export interface Sample {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer])[];
  /** Absent: the client's own clock. */
  readonly timestampMs?: number;
}

/** What is read. */
export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer])[];
}

export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface SendOptions {
  readonly compression?: Codec;
  readonly idempotent?: boolean;
  /** What the client itself refuses to send begins above. */
  readonly bytesMax?: number;
}

/** Values that are sent as they come, without key. */
export interface ValueStream {
  send(value: string): void;
  /** Waits for all. The values that were acknowledged. @throws when the client fails as a whole */
  finish(): Promise<readonly string[]>;
}

/** A member of a group in a process of its own. */
export interface Member {
  /** Partitions as it was told last, in order; undefined before the first time. */
  readonly assigned: readonly number[] | undefined;
  /** What it held after each change that it was told, in order; the last one is `assigned`. */
  readonly history: readonly (readonly number[])[];
  /** Of the records it has read, in the order of their reading. */
  readonly values: readonly string[];
  kill(): Promise<void>;
  /** Leaves the group, with what it read committed. */
  leave(): Promise<void>;
}

export interface MemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  /** A static member (KIP-345): its `group.instance.id`. */
  readonly instance?: string;
  /** The only one it offers. Absent: what the client offers by itself. */
  readonly assignor?: 'roundrobin' | 'cooperative-sticky';
}

/** A step of administration: what to do, and with what. */
export type AdminStep =
  | readonly ['create', topic: string, partitions: number, replicas: number, configs: Readonly<Record<string, string>>]
  | readonly ['topics' | 'groups']
  | readonly ['describe' | 'delete', topic: string]
  | readonly ['config', topic: string, name: string]
  | readonly ['alter', topic: string, name: string, value: string]
  | readonly ['grow', topic: string, partitions: number]
  | readonly ['trim', topic: string, offset: number]
  | readonly ['group' | 'forget', group: string]
  /** Of partition 0. `committed` is answered with null where there is none. */
  | readonly ['commit', group: string, topic: string, offset: number]
  | readonly ['committed' | 'uncommit', group: string, topic: string];

/** What came of a step. */
export interface AdminAnswer {
  readonly answer?: unknown;
  readonly error?: string;
}

/** A client as this suite drives it. All wait for acks=all. */
export interface InteropClient {
  readonly version: string;
  /** For each sample what it was refused with, undefined when it was acknowledged. */
  send(topic: string, samples: readonly Sample[], options?: SendOptions): Promise<readonly (string | undefined)[]>;
  stream(topic: string, options?: SendOptions): ValueStream;
  /** So many records of these topics, from the beginning or from a time. Fewer when no more come. */
  read(topics: readonly string[], count: number, fromMs?: number): Promise<readonly ReadRecord[]>;
  join(options: MemberOptions): Member;
  /** One after the other. @throws where the client has no administration */
  administer(steps: readonly AdminStep[]): Promise<readonly AdminAnswer[]>;
}

export function sampleOf(value: string): Sample {
  return { key: null, value: Buffer.from(value), headers: [] };
}
