import { createAcls } from '@moldau/protocol';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { NO_AUTHORIZER } from '../no-authorizer.ts';

export function createAclsHandler(): KafkaHandler {
  return kafkaHandler(createAcls, ({ creations }) => ({ results: creations.map(() => NO_AUTHORIZER) }));
}
