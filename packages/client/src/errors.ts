import { type ErrorCode, errorCodeFromNumber, isRetriable, RequestError, RpcError } from '@moldau/base';

/**
 * What went wrong: Kafka's codes as a broker sends them, and what only a client can say.
 *
 * - `ABORTED`: the caller's signal. `CLOSED`: the client, producer or consumer was closed.
 * - `TIMED_OUT`: the time allowed passed, and nothing was done.
 * - `OUTCOME_UNKNOWN`: the records were sent and no answer told whether they were kept. They may be in the log; sending
 *   them again may write them twice.
 * - `UNREACHABLE`: no broker could be talked to.
 * - `INVALID_ARGUMENT`: the call itself is wrong.
 * - `BAD_RECORD`: a codec refused a record, or something in it is no bytes.
 * - `LOG_TRUNCATED`: records that this consumer has delivered are in the log no more.
 * - `NO_COMMITTED_OFFSET`: the group has committed nothing of a partition, and `autoOffsetReset` is `none`.
 */
export type ClientErrorCode =
  | ErrorCode
  | 'ABORTED'
  | 'CLOSED'
  | 'TIMED_OUT'
  | 'OUTCOME_UNKNOWN'
  | 'UNREACHABLE'
  | 'INVALID_ARGUMENT'
  | 'BAD_RECORD'
  | 'LOG_TRUNCATED'
  | 'NO_COMMITTED_OFFSET';

/** What is known about a failure besides its code. */
export interface MoldauErrorDetails {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  /** How often it was tried. */
  readonly attempts?: number;
  /** Default: as the code says. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
}

/** Every failure of this package. The message says what is wrong and, where something can be done, what. */
export class MoldauError extends Error {
  override readonly name: string = 'MoldauError';
  readonly code: ClientErrorCode;
  /**
   * Whether the same call may succeed later without anybody changing anything. Never for `OUTCOME_UNKNOWN`: a repeat may
   * write twice.
   */
  readonly retriable: boolean;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly attempts: number;

  constructor(code: ClientErrorCode, message: string, details: MoldauErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retriable = details.retriable ?? isCodeRetriable(code);
    this.topic = details.topic;
    this.partition = details.partition;
    this.attempts = details.attempts ?? 1;
  }
}

/** One of several things asked for at once, and what became of it. */
export interface ItemOutcome {
  readonly name: string;
  /** undefined: done. */
  readonly error: MoldauError | undefined;
}

/** Some of several things asked for at once were refused; the others were done. Code and message are the first refusal's. */
export class PartialFailureError extends MoldauError {
  override readonly name = 'PartialFailureError';
  readonly outcomes: readonly ItemOutcome[];

  constructor(first: MoldauError, outcomes: readonly ItemOutcome[]) {
    const { topic, partition, attempts, retriable } = first;
    super(first.code, first.message, { cause: first, topic, partition, attempts, retriable });
    this.outcomes = outcomes;
  }
}

function isCodeRetriable(code: ClientErrorCode): boolean {
  switch (code) {
    case 'UNREACHABLE':
    case 'TIMED_OUT':
      return true;
    case 'ABORTED':
    case 'CLOSED':
    case 'OUTCOME_UNKNOWN':
    case 'INVALID_ARGUMENT':
    case 'BAD_RECORD':
    case 'LOG_TRUNCATED':
    case 'NO_COMMITTED_OFFSET':
      return false;
    default:
      return isRetriable(code);
  }
}

/** An error number off the wire. */
export function errorFromWire(code: number, message: string, details: MoldauErrorDetails = {}): MoldauError {
  const name = errorCodeFromNumber(code);
  return new MoldauError(name, message === '' ? `the broker answered ${name}` : message, details);
}

/** A failed call as this package's error. What is neither the peer's refusal nor the network's failure is a bug and stays itself. */
export function errorFromCall(error: unknown, details: MoldauErrorDetails = {}): unknown {
  if (error instanceof MoldauError) return error;
  if (error instanceof RequestError) return new MoldauError(error.code, error.message, { ...details, cause: error });
  if (!(error instanceof RpcError)) return error;
  switch (error.code) {
    case 'deadline':
      return new MoldauError('TIMED_OUT', `no answer in time: ${error.message}`, { ...details, cause: error });
    case 'unimplemented':
      return new MoldauError('UNSUPPORTED_VERSION', `the broker does not know this call: ${error.message}`, {
        ...details,
        cause: error,
      });
    case 'failed':
      return new MoldauError('UNKNOWN_SERVER_ERROR', `the broker failed: ${error.message}`, {
        ...details,
        cause: error,
      });
    default:
      return new MoldauError('UNREACHABLE', `the broker cannot be reached: ${error.message}`, {
        ...details,
        cause: error,
      });
  }
}
