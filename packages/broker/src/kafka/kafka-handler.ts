import type { Api, RequestOf, ResponseInput } from '@moldau/protocol';
import { errorsIn } from './response-errors.ts';

/** Who asks, and how (design: rule 8). One for each request. */
export interface KafkaCall {
  readonly apiVersion: number;
  /** Empty when the client does not name itself. */
  readonly clientId: string;
  /** `host:port` of the client. */
  readonly peer: string;
  /** Name of the listener it came in by. */
  readonly listener: string;
  /** "anonymous" until authentication exists. */
  readonly principal: string;
  /** Memory that the answer will take. Counted from now on, as the request is, until the answer has been sent. */
  hold(bytes: number): void;
  /** `run` is called when the connection goes before the answer: nobody waits for that any more. */
  onClose(run: () => void): void;
  /** Closes the connection, where the protocol has no other way to tell a client that its request failed. */
  disconnect(reason: string): void;
}

/**
 * Answers one API of the Kafka door. A handler translates: what is asked is done by the same code that the gRPC door asks.
 * Made by {@link kafkaHandler}, which ties the handler's types to the API's; here they are erased.
 */
export interface KafkaHandler {
  readonly api: Api;
  /**
   * Called in the order of the requests, and not before the request before has returned: what must keep that order is
   * done before the first `await`. Answers leave in the same order, whichever is ready first.
   *
   * A refusal is part of the answer: where it stands differs from API to API. A RequestError that is thrown all the same
   * closes the connection, and anything else is a bug. Undefined: the client wants no answer.
   */
  readonly serve: (request: unknown, call: KafkaCall) => Promise<unknown> | unknown;
  /** Tells the error codes of an answer, for whoever counts them. */
  readonly errors: ReturnType<typeof errorsIn>;
}

export function kafkaHandler<A extends Api>(
  api: A,
  serve: (
    request: RequestOf<A>,
    call: KafkaCall,
  ) => Promise<ResponseInput<A> | undefined> | ResponseInput<A> | undefined,
): KafkaHandler {
  return { api, serve, errors: errorsIn(api) } as unknown as KafkaHandler;
}
