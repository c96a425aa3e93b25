import { errorNumber, RequestError } from '@moldau/base';
import { ControllerService, type PartitionReassignment } from '@moldau/proto';
import { alterPartitionReassignments, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { APPLY_WAIT_MS, askController } from '../../requests/forwarded-requests.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Request = RequestOf<typeof alterPartitionReassignments>;
type Response = ResponseInput<typeof alterPartitionReassignments>;

export function alterPartitionReassignmentsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(alterPartitionReassignments, async (request): Promise<Response> => {
    const { allowReplicationFactorChange } = request;
    const reassignments = reassignmentsOf(request);
    try {
      const asked = { reassignments, allowReplicationFactorChange };
      const answer = await askController(context.link, ControllerService.alterPartitionReassignments, asked);
      await context.observer.awaitOffset(answer.metadataOffset, APPLY_WAIT_MS);
      const outcomes = answer.outcomes.values();
      const responses = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const { errorCode = 0, message = '' } = outcomes.next().value ?? {};
          return { partitionIndex, errorCode, errorMessage: message === '' ? null : message };
        }),
      }));
      return { allowReplicationFactorChange, errorCode: 0, responses };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const errorCode = errorNumber(error.code);
      return { allowReplicationFactorChange, errorCode, errorMessage: error.message, responses: [] };
    }
  });
}

function reassignmentsOf({ topics }: Request): PartitionReassignment[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas }) => ({
      topic: name,
      partition: partitionIndex,
      replicas: replicas === null ? undefined : { brokerIds: replicas },
    })),
  );
}
