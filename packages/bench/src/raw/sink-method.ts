import type { Codec, StreamMethod } from '@moldau/base';

/** Bytes as they are; like a protobuf message, none begins with a zero. */
const raw: Codec<Uint8Array> = { encode: (message) => message, decode: (message) => message };

/** A stream that takes blocks and answers each with one byte, so that the sender knows when all came. */
export const SINK_METHOD: StreamMethod<Uint8Array, Uint8Array> = {
  kind: 'stream',
  path: '/moldau.bench.Sink/Take',
  request: raw,
  response: raw,
};
