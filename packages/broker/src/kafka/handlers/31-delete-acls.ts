import { deleteAcls } from '@moldau/protocol';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { NO_AUTHORIZER } from '../no-authorizer.ts';

export function deleteAclsHandler(): KafkaHandler {
  return kafkaHandler(deleteAcls, ({ filters }) => ({
    filterResults: filters.map(() => ({ ...NO_AUTHORIZER, matchingAcls: [] })),
  }));
}
