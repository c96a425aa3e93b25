import { RequestError } from '@moldau/base';
import { ControllerService, GrowTopic } from '@moldau/proto';
import { createPartitions, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { changeCluster, outcomeAt, repeated, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Topic = RequestOf<typeof createPartitions>['topics'][number];
type Result = ResponseInput<typeof createPartitions>['results'][number];

/** Each topic of the request is in the answer: librdkafka takes one that is not for a failure. */
export function createPartitionsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(createPartitions, async ({ topics, timeoutMs, validateOnly }) => {
    const twice = repeated(topics.map(({ name }) => name));
    const results: Result[] = [...twice].map((name) => ({
      ...told(new RequestError('INVALID_REQUEST', 'The request names this topic twice.')),
      name,
    }));
    const asked = topics.filter(({ name }) => !twice.has(name));
    if (asked.length === 0) return { results };
    const request = { topics: asked.map(growTopic), validateOnly };
    const answer = await changeCluster(context, ControllerService.createPartitions, request, timeoutMs);
    for (const [index, { name }] of asked.entries())
      results.push({ ...told(answer instanceof RequestError ? answer : outcomeAt(answer.outcomes, index)), name });
    return { results };
  });
}

/** The last assignment is that of the last partition. */
function growTopic({ name, count, assignments }: Topic): GrowTopic {
  const given = assignments ?? [];
  const first = count - given.length;
  return GrowTopic.create({
    name,
    partitions: count,
    assignments: given.map(({ brokerIds }, index) => ({ partition: first + index, brokerIds })),
  });
}
