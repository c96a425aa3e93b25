import { RequestError } from '@moldau/base';
import { ControllerService } from '@moldau/proto';
import { unregisterBroker } from '@moldau/protocol';
import { changeCluster, DECISION_WAIT_MS, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function unregisterBrokerHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(unregisterBroker, async ({ brokerId }) => {
    const answer = await changeCluster(context, ControllerService.unregisterBroker, { brokerId }, DECISION_WAIT_MS);
    return told(answer instanceof RequestError ? answer : undefined);
  });
}
