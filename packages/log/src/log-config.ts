/** What a topic's settings say about each of its logs. */
export interface LogConfig {
  /**
   * `flushed`: a flush starts at the end of the turn that appended. `replicated`: a flush is due after 1 MiB or 100 ms
   * (Kafka's way made explicit). Which end counts as acknowledged is the broker's decision.
   */
  readonly durability: 'flushed' | 'replicated';
  /** A segment is rolled before it grows beyond this. Default 1 GiB; at most 2^32 - 1. */
  readonly segmentBytesMax: number;
  /** A segment is rolled when it was begun this long ago. Default 7 days. */
  readonly segmentMsMax: number;
  /** Segments whose newest record is older are deleted; -1: never. Default 7 days. */
  readonly retentionMs: number;
  /** The oldest segments are deleted while the rest holds this much; -1: unbounded. Default -1. */
  readonly retentionBytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MIB = 1024 * 1024;

export const LOG_CONFIG_DEFAULT: LogConfig = {
  durability: 'flushed',
  segmentBytesMax: 1024 * MIB,
  segmentMsMax: 7 * DAY_MS,
  retentionMs: 7 * DAY_MS,
  retentionBytes: -1,
};

/** What a node's settings say about one of its data directories. */
export interface LogDirectoryConfig {
  /** Memory for batches that are in their segments already, for followers and live consumers; each append costs 512 more. Default 64 MiB. */
  readonly tailBytesMax: number;
  /** A checkpoint starts when this much was appended since the last. Default 32 MiB. */
  readonly checkpointBytes: number;
  /** And at the latest after this time, when anything was appended. Default 30 s. */
  readonly checkpointMs: number;
  /** A file of the journal is followed by a new one at this size. What a checkpoint trims are whole files. Default 16 MiB. */
  readonly journalFileBytesMax: number;
  /** Appends are refused while what waits for its segments takes this much memory: the disk cannot keep up. Default 256 MiB. */
  readonly unwrittenBytesMax: number;
  /** Appends are refused when less than this would stay free on the disk. Default 256 MiB. */
  readonly freeBytesMin: number;
  /** Segments held open. Default 512. */
  readonly openSegmentsMax: number;
  /** A producer that has not appended for this long is forgotten. Default 1 day. */
  readonly producerExpiryMs: number;
  /** What was put aside under `stray/` is deleted after this long. Default 7 days. */
  readonly strayMs: number;
}

export const LOG_DIRECTORY_CONFIG_DEFAULT: LogDirectoryConfig = {
  tailBytesMax: 64 * MIB,
  checkpointBytes: 32 * MIB,
  checkpointMs: 30_000,
  journalFileBytesMax: 16 * MIB,
  unwrittenBytesMax: 256 * MIB,
  freeBytesMin: 256 * MIB,
  openSegmentsMax: 512,
  producerExpiryMs: DAY_MS,
  strayMs: 7 * DAY_MS,
};
