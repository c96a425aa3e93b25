import { errorNumber, NO_ERROR, RequestError, type UnaryMethod } from '@moldau/base';
import type { Outcome } from '@moldau/proto';
import { askController } from '../requests/forwarded-requests.ts';
import type { KafkaContext } from './kafka-context.ts';

/** The change is answered once this broker has applied it, so that who asked sees it here. */
const APPLY_WAIT_MS = 1_000;
/** Clients that do not want to wait for a change to spread give 0. What was decided they want to know all the same. */
const DECISION_WAIT_MS_MIN = 1_000;
/** An election of the controllers takes less; a client that waited longer would be told by nobody that it waits in vain. */
const DECISION_WAIT_MS_MAX = 30_000;
/** Where the protocol has no place for a time. */
export const DECISION_WAIT_MS: number = 10_000;

/** An outcome as answers have it. */
export interface ToldOutcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Asks the active controller. A refusal of the whole is a value: it goes into the answer, item by item. */
export async function askCluster<Request, Response>(
  { link }: KafkaContext,
  method: UnaryMethod<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response | RequestError> {
  try {
    const waitMs = Math.min(Math.max(timeoutMs, DECISION_WAIT_MS_MIN), DECISION_WAIT_MS_MAX);
    return await askController(link, method, request, waitMs);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

/** The same for a change of metadata. */
export async function changeCluster<Request, Response extends { readonly metadataOffset: number }>(
  context: KafkaContext,
  method: UnaryMethod<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response | RequestError> {
  const response = await askCluster(context, method, request, timeoutMs);
  if (!(response instanceof RequestError)) await context.observer.awaitOffset(response.metadataOffset, APPLY_WAIT_MS);
  return response;
}

/** Undefined: it was done. */
export function told(outcome: Outcome | RequestError | undefined): ToldOutcome {
  if (outcome instanceof RequestError) return { errorCode: errorNumber(outcome.code), errorMessage: outcome.message };
  if (outcome === undefined || outcome.errorCode === NO_ERROR) return { errorCode: NO_ERROR, errorMessage: null };
  return { errorCode: outcome.errorCode, errorMessage: outcome.message };
}

/** What the controllers made of the item at that index. What they do not speak of was not done for all that is known here. */
export function outcomeAt(outcomes: readonly Outcome[], index: number): Outcome {
  const message = 'The controllers do not say what became of it. Look before asking again.';
  return outcomes[index] ?? { errorCode: errorNumber('UNKNOWN_SERVER_ERROR'), message };
}

/** What stands more than once in one request: Kafka does none of it. */
export function repeated<T>(items: readonly T[]): Set<T> {
  const once = new Set<T>();
  const twice = new Set<T>();
  for (const item of items) (once.has(item) ? twice : once).add(item);
  return twice;
}
