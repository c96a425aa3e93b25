import { RequestError } from '@moldau/base';
import { alterConfigs } from '@moldau/protocol';
import { type AskedChange, alterConfigs as alter } from '../altering-configs.ts';
import { BROKER_LOGGER } from '../config-resources.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** What is not named goes back to its default. */
export function alterConfigsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(alterConfigs, async ({ resources, validateOnly }) => {
    const asked = resources.map((resource) => ({
      resource,
      changes: () => {
        if (resource.resourceType === BROKER_LOGGER)
          throw new RequestError('INVALID_REQUEST', 'Loggers are changed with IncrementalAlterConfigs.');
        return resource.configs.map(changeOf);
      },
    }));
    return { responses: await alter(context, asked, { replace: true, validateOnly }) };
  });
}

function changeOf({ name, value }: { readonly name: string; readonly value: string | null }): AskedChange {
  if (value === null) throw new RequestError('INVALID_REQUEST', `${name} has no value: give one, or leave it out.`);
  return { name, value, listChange: 'unspecified' };
}
