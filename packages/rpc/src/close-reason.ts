import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { ERROR_CODES, type ErrorCode, RequestError, type RpcCloseCode, type RpcCloseReason } from '@moldau/base';

/** Trailers of our own, all ASCII; the message goes percent-encoded. */
const CLOSE_CODE = 'moldau-close';
const CLOSE_MESSAGE = 'moldau-close-message';
const ERROR_CODE = 'moldau-error';

/** Trailers are headers, and headers have a limit. */
const MESSAGE_LENGTH_MAX = 1_000;

export const ENDED: RpcCloseReason = { code: 'ended', message: 'closed' };

const STATUS_OF_CLOSE: Readonly<Record<RpcCloseCode, status>> = {
  ended: status.OK,
  refused: status.UNAVAILABLE,
  broken: status.UNAVAILABLE,
  deadline: status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  overloaded: status.RESOURCE_EXHAUSTED,
  unimplemented: status.UNIMPLEMENTED,
  failed: status.INTERNAL,
};

/** The text that goes over the wire: well-formed (a lone surrogate makes grpc-js throw) and not too long. */
function wireText(message: string): string {
  return Buffer.from(message.slice(0, MESSAGE_LENGTH_MAX), 'utf8').toString('utf8');
}

/** A reason off the wire, with a code that this version knows. */
export function closeReason(code: unknown, message: unknown): RpcCloseReason {
  const known = typeof code === 'string' && Object.hasOwn(STATUS_OF_CLOSE, code) ? (code as RpcCloseCode) : 'failed';
  return { code: known, message: typeof message === 'string' ? message : '' };
}

/** Trailers of a stream that its server closes with a reason. */
export function closeTrailers(reason: RpcCloseReason): Metadata {
  const metadata = new Metadata();
  metadata.set(CLOSE_CODE, reason.code);
  metadata.set(CLOSE_MESSAGE, encodeURIComponent(wireText(reason.message)));
  return metadata;
}

/** The status of a unary call that its handler refused on purpose. */
export function requestErrorStatus(error: RequestError): Partial<StatusObject> {
  const metadata = new Metadata();
  metadata.set(ERROR_CODE, error.code);
  return { code: status.FAILED_PRECONDITION, details: wireText(error.message), metadata };
}

export function failedStatus(message: string): Partial<StatusObject> {
  return { code: STATUS_OF_CLOSE.failed, details: wireText(message) };
}

/** The error that a unary handler threw for its caller, if it did. */
export function requestErrorOf({ details, metadata }: StatusObject): RequestError | undefined {
  const code = metadata.get(ERROR_CODE)[0];
  if (typeof code !== 'string') return undefined;
  return new RequestError(Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'UNKNOWN_SERVER_ERROR', details);
}

/**
 * What a status of grpc-js means. That nobody listens is only in the text; that nobody listens *now* while an earlier
 * connection broke is not `refused`, since what was sent on that one may have been acted on.
 */
export function reasonOf({ code, details, metadata }: StatusObject): RpcCloseReason {
  const given = metadata.get(CLOSE_CODE)[0];
  if (given !== undefined) return closeReason(given, decodeText(String(metadata.get(CLOSE_MESSAGE)[0] ?? '')));
  const message = inPlainWords(details);
  switch (code) {
    case status.OK:
      return ENDED;
    case status.UNAVAILABLE:
      return { code: details.includes('ECONNREFUSED') ? 'refused' : 'broken', message };
    case status.DEADLINE_EXCEEDED:
      return { code: 'deadline', message };
    case status.RESOURCE_EXHAUSTED:
      return { code: 'overloaded', message };
    case status.UNIMPLEMENTED:
      return { code: 'unimplemented', message };
    case status.CANCELLED:
      // A call that this side cancels never asks: it was the peer's process that went.
      return { code: 'broken', message };
    default:
      // A stream reset by the transport, not by a handler.
      return { code: details.startsWith('Received RST_STREAM') ? 'broken' : 'failed', message };
  }
}

/** What grpc-js says of a connection names its own parts (name resolver, load balancer); these words reach users. */
function inPlainWords(details: string): string {
  const failedConnect = /\bconnect (E[A-Z]+)/.exec(details)?.[1];
  if (failedConnect === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED)';
  if (failedConnect !== undefined) return `it cannot be connected to (${failedConnect})`;
  if (details.startsWith('Name resolution failed')) return 'its name cannot be looked up';
  if (/Last error: Protocol error|^Received HTTP status code/.test(details))
    return 'what listens there is no Moldau node';
  if (details.includes('Last error: Failed to connect')) return 'it ended the connection while that was being made';
  // "Deadline exceeded after 3.001s,name resolution: 0.000s,...": where the time went means nothing to a caller.
  return details.replace(/^(Deadline exceeded after [\d.]+s),.*$/s, '$1').replace(/^No connection established\. /, '');
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
