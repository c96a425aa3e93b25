import { RequestError } from '@moldau/base';
import { incrementalAlterConfigs, type RequestOf } from '@moldau/protocol';
import { type AskedChange, alterConfigs } from '../altering-configs.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Change = RequestOf<typeof incrementalAlterConfigs>['resources'][number]['configs'][number];

const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

export function incrementalAlterConfigsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(incrementalAlterConfigs, async ({ resources, validateOnly }) => {
    const asked = resources.map((resource) => ({ resource, changes: () => resource.configs.map(changeOf) }));
    return { responses: await alterConfigs(context, asked, { replace: false, validateOnly }) };
  });
}

function changeOf({ name, configOperation, value }: Change): AskedChange {
  if (configOperation === DELETE) return { name, value: undefined, listChange: 'unspecified' };
  if (value === null)
    throw new RequestError('INVALID_REQUEST', `${name} has no value: give one, or delete the config.`);
  switch (configOperation) {
    case SET:
      return { name, value, listChange: 'unspecified' };
    case APPEND:
      return { name, value, listChange: 'append' };
    case SUBTRACT:
      return { name, value, listChange: 'subtract' };
    default:
      throw new RequestError('INVALID_REQUEST', `${configOperation} is no operation on a config.`);
  }
}
