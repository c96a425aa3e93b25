import { assert, MalformedBytesError, utf8Encode } from '@moldau/base';
import { CLIENT_ID_BYTES_MAX, type DecodeLimits, REQUEST_LIMITS } from '../codec/limits.ts';
import { WireReader } from '../codec/wire-reader.ts';
import type { WireWriter } from '../codec/wire-writer.ts';
import type { Api, RequestInput, RequestOf } from '../definition/api.ts';
import { inVersions, isFlexible } from '../definition/versions.ts';
import { apiVersions } from '../definitions/18-api-versions.ts';
import type { ApiTable } from './api-table.ts';
import { compiled, explained } from './compiled.ts';
import { framed } from './framed.ts';

/**
 * What stands before every request. Header version 1 is these fields; version 2, of flexible requests, adds tagged
 * fields behind them, of which none is known.
 *
 *     i16  API key
 *     i16  API version
 *     i32  correlation id
 *     i16  length of the client id (-1: null), client id
 *     tagged fields
 */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Chosen by the client, and repeated in the response. */
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** A request whose header is read. */
export type OpenedRequest =
  | {
      readonly kind: 'request';
      readonly header: RequestHeader;
      readonly api: Api;
      /** What {@link decodeRequest} reads. */
      readonly body: Uint8Array;
    }
  /** ApiVersions in a version that is not served: the one unserved request that is answered (`encodeApiVersionsFallback`). */
  | { readonly kind: 'unserved-api-versions'; readonly header: RequestHeader }
  /** No such API here, or not in this version: the connection is closed, as there is no answer that the client could read. */
  | { readonly kind: 'unserved'; readonly header: RequestHeader };

/**
 * Reads the header of a request, and finds out whether its body can be read.
 *
 * @param frame what the frame splitter returned
 * @param apis what is served here
 * @throws MalformedBytesError
 */
export function openRequest(frame: Uint8Array, apis: ApiTable): OpenedRequest {
  const reader = new WireReader(frame, REQUEST_LIMITS);
  const header = explained(reader, 'the header of a request', () => readHeader(reader));
  const api = apis.find(header.apiKey);
  if (api === undefined || !inVersions(api.versions, header.apiVersion)) {
    return { kind: api === apiVersions ? 'unserved-api-versions' : 'unserved', header };
  }
  if (isFlexible(api, header.apiVersion)) explained(reader, 'the header of a request', () => reader.tags());
  return { kind: 'request', header, api, body: frame.subarray(reader.position) };
}

function readHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const length = reader.int16();
  if (length < -1 || length > CLIENT_ID_BYTES_MAX) {
    throw new MalformedBytesError(`a client id of ${length} bytes, ${CLIENT_ID_BYTES_MAX} may be`);
  }
  return { apiKey, apiVersion, correlationId, clientId: length === -1 ? null : reader.text(length) };
}

/**
 * Reads the body of a request that {@link openRequest} found to be of this API and version. What is left over behind it
 * is skipped, as Kafka does: librdkafka 2.16 ends AlterUserScramCredentials with a byte too many.
 *
 * @throws MalformedBytesError
 */
export function decodeRequest<A extends Api>(
  api: A,
  version: number,
  body: Uint8Array,
  limits: DecodeLimits = REQUEST_LIMITS,
): RequestOf<A> {
  const { decode } = compiled(api, 'request', version);
  const reader = new WireReader(body, limits);
  return explained(reader, `${api.name} request version ${version}`, () => decode(reader)) as RequestOf<A>;
}

/**
 * A request as it goes over the wire, its size before it: parts to be written one after the other.
 *
 * @throws RequestError UNSUPPORTED_VERSION when it says something that the version has no place for, INVALID_REQUEST
 * when a string is too long
 */
export function encodeRequest<A extends Api>(
  api: A,
  header: Omit<RequestHeader, 'apiKey'>,
  request: RequestInput<A>,
): Uint8Array[] {
  const { apiVersion, correlationId, clientId } = header;
  const { encode } = compiled(api, 'request', apiVersion);
  return framed((writer) => {
    writer.int16(api.key).int16(apiVersion).int32(correlationId);
    writeClientId(writer, clientId);
    if (isFlexible(api, apiVersion)) writer.unsignedVarint(0);
    encode(writer, request);
  });
}

function writeClientId(writer: WireWriter, clientId: string | null): void {
  if (clientId === null) {
    writer.int16(-1);
    return;
  }
  const bytes = utf8Encode(clientId);
  assert(bytes.length <= CLIENT_ID_BYTES_MAX, 'a client id is of bounded length', { bytes: bytes.length });
  writer.int16(bytes.length).bytes(bytes);
}
