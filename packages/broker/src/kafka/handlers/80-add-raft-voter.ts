import { formatAddress, RequestError } from '@moldau/base';
import { ControllerService } from '@moldau/proto';
import { addRaftVoter, type RequestOf } from '@moldau/protocol';
import { askCluster, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { CONTROLLER_LISTENER, voterProblem } from '../raft-voters.ts';

type Request = RequestOf<typeof addRaftVoter>;

/** Answered when the new quorum is committed, also where less would do. */
export function addRaftVoterHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(addRaftVoter, async (request) => {
    const address = addressOf(request);
    if (address instanceof RequestError) return told(voterProblem(context, request) ?? address);
    const problem = voterProblem(context, request);
    if (problem !== undefined) return told(problem);
    const { voterId: nodeId, voterDirectoryId: directoryId, timeoutMs } = request;
    const voter = { nodeId, directoryId, address };
    const answer = await askCluster(context, ControllerService.addVoter, voter, timeoutMs);
    return told(answer instanceof RequestError ? answer : undefined);
  });
}

function addressOf({ listeners }: Request): string | RequestError {
  const listener = listeners.find(({ name }) => name === CONTROLLER_LISTENER);
  if (listener !== undefined) return formatAddress(listener);
  const names = listeners.map(({ name }) => name).join(', ');
  const message = `A controller is reached by its listener ${CONTROLLER_LISTENER}; the request has ${names || 'none'}.`;
  return new RequestError('INVALID_REQUEST', message);
}
