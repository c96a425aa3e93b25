import { RequestError } from '@moldau/base';
import { ZERO_UUID } from '@moldau/protocol';
import type { KafkaContext } from './kafka-context.ts';

/** Name under which controllers listen, for one another and for brokers. */
export const CONTROLLER_LISTENER = 'CONTROLLER';

/** A voter as AddRaftVoter and RemoveRaftVoter name it. */
interface NamedVoter {
  readonly clusterId: string | null;
  readonly voterId: number;
  readonly voterDirectoryId: string;
}

/** What is wrong with that, whatever the quorum. */
export function voterProblem({ requests }: KafkaContext, voter: NamedVoter): RequestError | undefined {
  const { clusterId } = requests.image();
  if (voter.clusterId !== null && voter.clusterId !== clusterId) {
    const message = `This is cluster ${clusterId}, not ${voter.clusterId}. Ask the controllers' own brokers.`;
    return new RequestError('INCONSISTENT_CLUSTER_ID', message);
  }
  if (voter.voterId < 0)
    return new RequestError('INVALID_REQUEST', `A controller cannot have the id ${voter.voterId}.`);
  if (voter.voterDirectoryId !== ZERO_UUID) return undefined;
  return new RequestError(
    'INVALID_REQUEST',
    'The id of the directory is missing: a controller on a new disk is another.',
  );
}
