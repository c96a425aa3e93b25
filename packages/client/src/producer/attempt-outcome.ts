import { NO_ERROR, type RpcCloseReason, RpcError } from '@moldau/base';
import type { ProduceResult } from '@moldau/proto';
import { errorFromCall, errorFromWire, MoldauError } from '../errors.ts';
import type { AttemptOutcome } from './delivery-line.ts';

/** An attempt's end, read for the {@link DeliveryLine}. */
export interface AttemptEnd {
  readonly outcome: AttemptOutcome;
  /** -1: not known. */
  readonly baseOffset: number;
  readonly error: MoldauError | undefined;
  /** Who leads may have changed. */
  readonly refresh: boolean;
  /** The producer id itself is no good: a higher epoch of it will not do. */
  readonly identityLost: boolean;
}

export function attemptEnd(
  end: ProduceResult | RpcCloseReason,
  batch: { readonly topic: string; readonly partition: number; readonly recordCount: number },
): AttemptEnd {
  const { recordCount, ...where } = batch;
  if (!('correlation' in end)) {
    const failure = errorFromCall(new RpcError(end), where);
    const error = failure instanceof MoldauError ? failure : new MoldauError('UNREACHABLE', end.message, where);
    const outcome = end.code === 'refused' ? 'notAppended' : 'unknown';
    return { outcome, baseOffset: -1, error, refresh: true, identityLost: false };
  }
  if (end.errorCode === NO_ERROR) {
    return { outcome: 'delivered', baseOffset: end.baseOffset, error: undefined, refresh: false, identityLost: false };
  }
  const error = errorFromWire(end.errorCode, end.message, where);
  const outcome = outcomeOf(error, { recordCount, wasAppended: end.baseOffset >= 0 });
  return {
    outcome,
    baseOffset: -1,
    error,
    refresh: outcome !== 'delivered' && error.retriable,
    identityLost: error.code === 'INVALID_PRODUCER_EPOCH',
  };
}

/**
 * Which refusals come surely before the append: all but the three by which a broker ends what was appended and waited for
 * replicas. REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND say so; NOT_LEADER_OR_FOLLOWER is said before and after,
 * and records of a leader that lost its place may live on under the next one: the broker names where they were appended.
 */
function outcomeOf(
  error: MoldauError,
  { recordCount, wasAppended }: { readonly recordCount: number; readonly wasAppended: boolean },
): AttemptOutcome {
  switch (error.code) {
    case 'NOT_LEADER_OR_FOLLOWER':
      return wasAppended ? 'unknown' : 'notAppended';
    case 'DUPLICATE_SEQUENCE_NUMBER':
      return 'delivered';
    case 'OUT_OF_ORDER_SEQUENCE_NUMBER':
    case 'UNKNOWN_PRODUCER_ID':
    case 'INVALID_PRODUCER_EPOCH':
      return 'outOfPlace';
    case 'NOT_ENOUGH_REPLICAS':
    case 'LEADER_NOT_AVAILABLE':
    case 'FENCED_LEADER_EPOCH':
    case 'UNKNOWN_LEADER_EPOCH':
    case 'UNKNOWN_TOPIC_ID':
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'KAFKA_STORAGE_ERROR':
    case 'CORRUPT_MESSAGE':
      return 'notAppended';
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return recordCount > 1 ? 'tooLarge' : 'refused';
    case 'UNKNOWN_SERVER_ERROR':
      return 'unknown';
    default:
      return error.retriable ? 'unknown' : 'refused';
  }
}
