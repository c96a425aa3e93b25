import { assert, MalformedBytesError } from '@moldau/base';
import { compileDecoder, type Decode } from '../codec/decoder.ts';
import { compileEncoder } from '../codec/encoder.ts';
import type { Encode } from '../codec/encoding.ts';
import { type DecodeLimits, REQUEST_LIMITS } from '../codec/limits.ts';
import { WireReader } from '../codec/wire-reader.ts';
import { WireWriter } from '../codec/wire-writer.ts';
import type { Fields } from '../definition/field.ts';
import type { InputOf, StructOf } from '../definition/types.ts';
import { consumerAssignment, consumerSubscription } from '../definitions/consumer-protocol.ts';
import { explained } from './compiled.ts';

/**
 * The consumers' own protocol, inside the bytes that JoinGroup and SyncGroup carry: its version in 16 bits, then the
 * structure. The broker passes these bytes on; clients read each other's, so what is read here is taken more leniently
 * than a request: a higher version is read as the highest that is known, and what is left over is skipped.
 */
export const CONSUMER_PROTOCOL_VERSION_MAX = 3;

export type ConsumerSubscription = StructOf<typeof consumerSubscription>;
export type ConsumerSubscriptionInput = InputOf<typeof consumerSubscription>;
export type ConsumerAssignment = StructOf<typeof consumerAssignment>;
export type ConsumerAssignmentInput = InputOf<typeof consumerAssignment>;

interface Codec {
  readonly encode: Encode;
  readonly decode: Decode;
}

const SUBSCRIPTION = compileAll(consumerSubscription, 'ConsumerSubscription');
const ASSIGNMENT = compileAll(consumerAssignment, 'ConsumerAssignment');

function compileAll(fields: Fields, name: string): readonly Codec[] {
  return Array.from({ length: CONSUMER_PROTOCOL_VERSION_MAX + 1 }, (_, version) => {
    const wire = { version, flexible: false };
    return { encode: compileEncoder(fields, wire, name), decode: compileDecoder(fields, wire, name) };
  });
}

export function encodeConsumerSubscription(version: number, subscription: ConsumerSubscriptionInput): Uint8Array {
  return encode(SUBSCRIPTION, version, subscription);
}

/** @throws MalformedBytesError */
export function decodeConsumerSubscription(bytes: Uint8Array, limits?: DecodeLimits): ConsumerSubscription {
  return decode(SUBSCRIPTION, bytes, { limits, what: 'a subscription of a consumer' }) as ConsumerSubscription;
}

export function encodeConsumerAssignment(version: number, assignment: ConsumerAssignmentInput): Uint8Array {
  return encode(ASSIGNMENT, version, assignment);
}

/** @throws MalformedBytesError */
export function decodeConsumerAssignment(bytes: Uint8Array, limits?: DecodeLimits): ConsumerAssignment {
  return decode(ASSIGNMENT, bytes, { limits, what: 'an assignment of a consumer' }) as ConsumerAssignment;
}

function encode(codecs: readonly Codec[], version: number, value: object): Uint8Array {
  const writer = new WireWriter();
  writer.int16(version);
  codecAt(codecs, version).encode(writer, value);
  return writer.whole();
}

interface Reading {
  readonly limits: DecodeLimits | undefined;
  readonly what: string;
}

function decode(codecs: readonly Codec[], bytes: Uint8Array, { limits = REQUEST_LIMITS, what }: Reading): unknown {
  const reader = new WireReader(bytes, limits);
  return explained(reader, what, () => {
    const version = reader.int16();
    if (version < 0) throw new MalformedBytesError(`there is no version ${version}`);
    // Some clients say 1 or more and write version 0, which ends where the bytes do.
    const first = new WireReader(bytes.subarray(reader.position), limits);
    const oldest = codecAt(codecs, 0).decode(first);
    if (first.remaining === 0) return oldest;
    return codecAt(codecs, Math.min(version, CONSUMER_PROTOCOL_VERSION_MAX)).decode(reader);
  });
}

function codecAt(codecs: readonly Codec[], version: number): Codec {
  const codec = codecs[version];
  assert(codec !== undefined, 'the consumer protocol has this version', { version });
  return codec;
}
