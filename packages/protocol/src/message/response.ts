import { errorNumber, MalformedBytesError } from '@moldau/base';
import { type DecodeLimits, RESPONSE_LIMITS } from '../codec/limits.ts';
import { WireReader } from '../codec/wire-reader.ts';
import type { Api, ResponseInput, ResponseOf } from '../definition/api.ts';
import { isFlexible, parseVersions } from '../definition/versions.ts';
import { apiVersions } from '../definitions/18-api-versions.ts';
import { compiled, explained } from './compiled.ts';
import { framed } from './framed.ts';

const UNSUPPORTED_VERSION = errorNumber('UNSUPPORTED_VERSION');

/** Which request a response belongs to: its version, and the number by which the client knows it. */
export interface ResponseHeader {
  readonly apiVersion: number;
  readonly correlationId: number;
}

/**
 * A response as it goes over the wire, its size before it: parts to be written one after the other. Large record
 * batches are parts of their own and not copied, so they must not change until the parts are written.
 *
 * @throws RequestError UNSUPPORTED_VERSION when it says something that the version has no place for, INVALID_REQUEST
 * when a string is too long
 */
export function encodeResponse<A extends Api>(
  api: A,
  header: ResponseHeader,
  response: ResponseInput<A>,
): Uint8Array[] {
  const { apiVersion, correlationId } = header;
  const { encode } = compiled(api, 'response', apiVersion);
  return framed((writer) => {
    writer.int32(correlationId);
    if (hasHeaderTags(api, apiVersion)) writer.unsignedVarint(0);
    encode(writer, response);
  });
}

/**
 * The answer to ApiVersions in a version that is not served. A client that is newer than this broker sends the newest
 * version it knows, before it can know better: it gets version 0, which every client reads, with the error and the
 * versions of ApiVersions itself, and asks again in one of those (KIP-511).
 */
export function encodeApiVersionsFallback(correlationId: number): Uint8Array[] {
  const { min, max } = parseVersions(apiVersions.versions);
  return encodeResponse(
    apiVersions,
    { apiVersion: 0, correlationId },
    { errorCode: UNSUPPORTED_VERSION, apiKeys: [{ apiKey: apiVersions.key, minVersion: min, maxVersion: max }] },
  );
}

/** Which request a frame from a broker answers. @throws MalformedBytesError */
export function responseCorrelationId(frame: Uint8Array): number {
  const reader = new WireReader(frame, RESPONSE_LIMITS);
  return explained(reader, 'the header of a response', () => reader.int32());
}

/**
 * Reads a response to a request of this API and version, to its end: what is left over means that the two sides do not
 * mean the same by it. The fallback of ApiVersions is read as what it is: its error code is UNSUPPORTED_VERSION.
 *
 * @throws MalformedBytesError
 */
export function decodeResponse<A extends Api>(
  api: A,
  apiVersion: number,
  frame: Uint8Array,
  limits: DecodeLimits = RESPONSE_LIMITS,
): ResponseOf<A> {
  const header = new WireReader(frame, limits);
  explained(header, 'the header of a response', () => {
    header.int32();
    if (hasHeaderTags(api, apiVersion)) header.tags();
  });
  const body = frame.subarray(header.position);
  const version = isFallback(api, body) ? 0 : apiVersion;
  const { decode } = compiled(api, 'response', version);
  const reader = new WireReader(body, limits);
  return explained(reader, `${api.name} response version ${version}`, () => {
    const response = decode(reader);
    if (reader.remaining > 0) throw new MalformedBytesError(`${reader.remaining} bytes are left over`);
    return response;
  }) as ResponseOf<A>;
}

/**
 * Response header version 1 ends with tagged fields. ApiVersions never has them: its client does not know yet what the
 * broker can read and write.
 */
function hasHeaderTags(api: Api, version: number): boolean {
  return isFlexible(api, version) && api.key !== apiVersions.key;
}

/** In all versions of ApiVersions the error code comes first. */
function isFallback(api: Api, body: Uint8Array): boolean {
  return api.key === apiVersions.key && body[0] === 0 && body[1] === UNSUPPORTED_VERSION;
}
