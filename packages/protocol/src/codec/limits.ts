/**
 * What one message may become in memory. Lengths and counts are bounded by the bytes that are left, but a structure of
 * three bytes is an object of a hundred and more, and 100 MiB of them would be gigabytes.
 */
export interface DecodeLimits {
  /** Objects that one message may be decoded to: structures, strings, ids, views, arrays and their elements. */
  readonly objectsMax: number;
}

/**
 * For what clients send. A commit of 120,000 partitions comes to as much, 25 MiB on the heap and 30 ms: more than any
 * client has in one request, and as long as a turn of the event loop should take.
 */
export const REQUEST_LIMITS: DecodeLimits = { objectsMax: 250_000 };

/** For what brokers answer: Metadata of 100,000 partitions with three replicas each has a million objects. */
export const RESPONSE_LIMITS: DecodeLimits = { objectsMax: 4_000_000 };

/** Tagged fields of one structure that are skipped. Real messages have three; a flood costs two bytes a field. */
export const TAGS_MAX = 128;

/** Strings are 16 bits long, and compact lengths do not change that. */
export const STRING_BYTES_MAX = 32_767;

/** Applications name themselves in a few words; a longer name is kept in every log line and metric. */
export const CLIENT_ID_BYTES_MAX = 1024;
