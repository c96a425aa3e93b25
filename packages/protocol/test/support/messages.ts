import { concatBytes } from '@moldau/base';
import type { Api } from '../../src/definition/api.ts';
import {
  APIS,
  ApiTable,
  type DecodeLimits,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  openRequest,
} from '../../src/index.ts';
import type { MessageVersion } from './arbitrary-messages.ts';

/** All that is defined, as a broker that serves everything has it. */
export const EVERYTHING: ApiTable = new ApiTable(APIS);

const CORRELATION_ID = 77;

/** The message as a frame: what comes after the size. */
export function encodeFrame({ api, direction, version }: MessageVersion, value: object): Uint8Array {
  const header = { apiVersion: version, correlationId: CORRELATION_ID, clientId: 'test' };
  // The generic types cannot say that a generated value fits its definition.
  const message = value as never;
  const parts = direction === 'request' ? encodeRequest(api, header, message) : encodeResponse(api, header, message);
  return concatBytes(parts).subarray(4);
}

export function decodeFrame(message: MessageVersion, frame: Uint8Array, limits?: DecodeLimits): unknown {
  const { api, direction, version } = message;
  if (direction === 'response') return decodeResponse<Api>(api, version, frame, limits);
  const opened = openRequest(frame, EVERYTHING);
  return opened.kind === 'request' ? decodeRequest(opened.api, opened.header.apiVersion, opened.body, limits) : opened;
}

export function nameOf({ api, direction, version }: MessageVersion): string {
  return `${api.name} ${direction} version ${version}`;
}

export function hexToBytes(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

export function bytesToHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A value with hex for bytes, which can be compared and read. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
