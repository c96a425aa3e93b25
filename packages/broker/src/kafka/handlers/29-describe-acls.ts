import { describeAcls } from '@moldau/protocol';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { NO_AUTHORIZER } from '../no-authorizer.ts';

export function describeAclsHandler(): KafkaHandler {
  return kafkaHandler(describeAcls, () => ({ ...NO_AUTHORIZER, resources: [] }));
}
