import { RequestError } from '@moldau/base';
import { ControllerService } from '@moldau/proto';
import { removeRaftVoter } from '@moldau/protocol';
import { askCluster, DECISION_WAIT_MS, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { voterProblem } from '../raft-voters.ts';

export function removeRaftVoterHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(removeRaftVoter, async (request) => {
    const problem = voterProblem(context, request);
    if (problem !== undefined) return told(problem);
    const voter = { nodeId: request.voterId, directoryId: request.voterDirectoryId };
    const answer = await askCluster(context, ControllerService.removeVoter, voter, DECISION_WAIT_MS);
    return told(answer instanceof RequestError ? answer : undefined);
  });
}
