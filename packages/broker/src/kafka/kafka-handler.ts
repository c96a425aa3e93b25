import type { Api, RequestOf, ResponseInput } from '@moldau/protocol';

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
}

/**
 * Answers one API of the Kafka door. A handler translates: what is asked is done by the same code that the gRPC door asks.
 * Made by {@link kafkaHandler}, which ties the handler's types to the API's; here they are erased.
 */
export interface KafkaHandler {
  readonly api: Api;
  /** Undefined: the client wants no answer. Throws RequestError for a refusal of the whole request. */
  readonly serve: (request: unknown, call: KafkaCall) => Promise<unknown> | unknown;
}

export function kafkaHandler<A extends Api>(
  api: A,
  serve: (
    request: RequestOf<A>,
    call: KafkaCall,
  ) => Promise<ResponseInput<A> | undefined> | ResponseInput<A> | undefined,
): KafkaHandler {
  return { api, serve } as unknown as KafkaHandler;
}
