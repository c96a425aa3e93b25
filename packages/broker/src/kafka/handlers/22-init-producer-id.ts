import { errorNumber, RequestError } from '@moldau/base';
import { initProducerId } from '@moldau/protocol';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function initProducerIdHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(initProducerId, async ({ transactionalId }) => {
    if (transactionalId !== null) {
      // There are no transactions yet. Of the codes for it, this one ends the producer in every client; on
      // UNSUPPORTED_VERSION librdkafka asks again for ever.
      return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
    }
    try {
      // A producer that has an id and asks again gets another one: nothing of the old one is carried over.
      return { errorCode: 0, producerId: await context.producerIds.take(), producerEpoch: 0 };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return refused(error.code);
    }
  });
}

function refused(code: RequestError['code']): { errorCode: number; producerId: number; producerEpoch: number } {
  return { errorCode: errorNumber(code), producerId: -1, producerEpoch: -1 };
}
