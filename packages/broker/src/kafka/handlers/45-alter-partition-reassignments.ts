import { RequestError } from '@moldau/base';
import { ControllerService, type PartitionReassignment } from '@moldau/proto';
import { alterPartitionReassignments, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { changeCluster, outcomeAt, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Request = RequestOf<typeof alterPartitionReassignments>;
type Response = ResponseInput<typeof alterPartitionReassignments>;

export function alterPartitionReassignmentsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(alterPartitionReassignments, async (request): Promise<Response> => {
    const { allowReplicationFactorChange, timeoutMs } = request;
    const asked = { reassignments: reassignmentsOf(request), allowReplicationFactorChange };
    const answer = await changeCluster(context, ControllerService.alterPartitionReassignments, asked, timeoutMs);
    if (answer instanceof RequestError) return { allowReplicationFactorChange, ...told(answer), responses: [] };
    let next = 0;
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        ...told(outcomeAt(answer.outcomes, next++)),
      })),
    }));
    return { allowReplicationFactorChange, errorCode: 0, responses };
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
