import { type ClusterId, type DirectoryId, type NodeId, RequestError } from '@moldau/base';
import type { FeatureRange } from '@moldau/proto';
import type { Replica } from '@moldau/raft';

/**
 * How a quorum comes to be, without a step that an operator must not forget or repeat. A node with an empty directory
 * asks all configured voters who they are. If one belongs to a cluster, it joins that as an observer. If all answer, all
 * are empty, all were given the same list, and this node has the lowest id, it founds the quorum: its log alone begins
 * with the voter set, and Raft brings it to the others.
 *
 * Why this is safe. Only one node can found, and only while a majority is empty. A founder that loses its disk
 * finds the others in the cluster, and joins; or it finds them empty, and then nothing was ever committed, since that
 * takes a majority with a log, and a node has a log only after it has joined.
 */
export interface Introduction {
  readonly nodeId: NodeId;
  readonly directoryId: DirectoryId;
  /** Undefined: it belongs to none. */
  readonly clusterId: ClusterId | undefined;
  readonly configuredVoters: string;
  /** What its program can run with. */
  readonly features: readonly FeatureRange[];
}

export interface VoterAddress {
  readonly nodeId: NodeId;
  readonly address: string;
}

export type FormationStep =
  | { readonly kind: 'join'; readonly clusterId: ClusterId }
  | { readonly kind: 'found'; readonly voters: readonly Replica[] }
  | { readonly kind: 'wait'; readonly reason: string };

/** The list in one form, to be compared between nodes. */
export function describeVoters(voters: readonly VoterAddress[]): string {
  return [...voters]
    .sort((left, right) => left.nodeId - right.nodeId)
    .map(({ nodeId, address }) => `${nodeId}@${address}`)
    .join(',');
}

/**
 * @param answers those of the other voters that answered
 * @throws RequestError when they belong to different clusters: whichever was joined, it would be by chance
 */
export function nextFormationStep(
  self: Introduction,
  voters: readonly VoterAddress[],
  answers: readonly Introduction[],
): FormationStep {
  const members = answers.filter(({ clusterId }) => clusterId !== undefined);
  const clusterId = members[0]?.clusterId;
  if (members.some((member) => member.clusterId !== clusterId)) {
    const names = members.map((member) => `node ${member.nodeId} to ${member.clusterId ?? ''}`).join(', ');
    throw new RequestError(
      'INCONSISTENT_CLUSTER_ID',
      `the configured voters belong to different clusters: ${names}. Correct controller.quorum.voters or their directories`,
    );
  }
  if (clusterId !== undefined) return { kind: 'join', clusterId };
  const others = voters.filter(({ nodeId }) => nodeId !== self.nodeId);
  if (others.length === voters.length) return { kind: 'wait', reason: 'no configured voter belongs to a cluster yet' };
  if (others.some(({ nodeId }) => nodeId < self.nodeId))
    return { kind: 'wait', reason: 'the voter with the lowest id founds the quorum' };
  const replicas: Replica[] = [];
  for (const { nodeId, address } of voters) {
    const found = nodeId === self.nodeId ? self : answers.find((answer) => answer.nodeId === nodeId);
    if (found === undefined) return { kind: 'wait', reason: `voter ${nodeId} at ${address} does not answer yet` };
    if (found.configuredVoters !== self.configuredVoters) {
      return { kind: 'wait', reason: `voter ${nodeId} is configured with other voters: ${found.configuredVoters}` };
    }
    replicas.push({ nodeId, directoryId: found.directoryId, address });
  }
  return { kind: 'found', voters: replicas };
}
