import { type RpcHandler, streamHandler, type UnaryMethod, unaryHandler } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import { ControllerService, type DescribeQuorumResponse, type QuorumReplica } from '@moldau/proto';
import { type Replica, replicaName } from '@moldau/raft';
import { registerBroker, unregisterBroker } from './managers/brokers.ts';
import { alterClientQuotas } from './managers/client-quotas.ts';
import { alterConfigs } from './managers/configs.ts';
import type { Decision, DecisionContext } from './managers/decision.ts';
import { updateFeatures } from './managers/features.ts';
import { allocateProducerIds } from './managers/producer-ids.ts';
import { alterPartitionReassignments } from './managers/reassignments.ts';
import { alterPartition, electLeaders, reportReplicas } from './managers/replication.ts';
import { alterScramCredentials } from './managers/scram-credentials.ts';
import { createPartitions, createTopics, deleteTopics } from './managers/topics.ts';
import type { QuorumController } from './quorum-controller.ts';
import type { QuorumNode } from './quorum-node.ts';

/** The methods of one controller. What changes metadata is answered by the active one alone. */
export function controllerHandlers(controller: QuorumController, quorum: QuorumNode): readonly RpcHandler[] {
  const decided = <Request, Response>(
    method: UnaryMethod<Request, Response>,
    decide: (image: ClusterImage, request: Request, context: DecisionContext) => Decision<Response>,
  ): RpcHandler =>
    unaryHandler(method, (request) => controller.submit((image, context) => decide(image, request, context)));

  const service = ControllerService;
  return [
    decided(service.registerBroker, registerBroker),
    decided(service.alterPartition, alterPartition),
    decided(service.reportReplicas, reportReplicas),
    decided(service.allocateProducerIds, allocateProducerIds),
    decided(service.createTopics, createTopics),
    decided(service.deleteTopics, deleteTopics),
    decided(service.createPartitions, createPartitions),
    decided(service.alterConfigs, alterConfigs),
    decided(service.alterPartitionReassignments, alterPartitionReassignments),
    decided(service.alterClientQuotas, alterClientQuotas),
    decided(service.alterScramCredentials, alterScramCredentials),
    decided(service.electLeaders, electLeaders),
    unaryHandler(service.updateFeatures, async (request) => {
      requireLeading(controller);
      const voters = await quorum.voterFeatures();
      return controller.submit((image) => updateFeatures(image, request, voters));
    }),
    decided(service.unregisterBroker, unregisterBroker),
    streamHandler(service.heartbeat, (stream) => controller.heartbeats(stream)),
    streamHandler(service.followMetadata, (stream) => controller.follow(stream)),
    unaryHandler(service.describeQuorum, async () => describeQuorum(controller, quorum)),
    unaryHandler(service.addVoter, async (voter) => {
      requireLeading(controller);
      await quorum.addVoter(voter);
      return {};
    }),
    unaryHandler(service.removeVoter, async (voter) => {
      requireLeading(controller);
      await quorum.removeVoter(voter);
      return {};
    }),
  ];
}

function requireLeading(controller: QuorumController): void {
  if (!controller.writer.leading) throw controller.writer.notController();
}

function describeQuorum(controller: QuorumController, quorum: QuorumNode): DescribeQuorumResponse {
  const { leaderId, term, commitIndex, voters, followers, logEnd } = quorum.state;
  const seen = new Map(followers.map((follower) => [replicaName(follower.replica), follower]));
  const describe = (replica: Replica): QuorumReplica => {
    const follower = seen.get(replicaName(replica));
    const own = replica.nodeId === controller.controllerId;
    return {
      nodeId: replica.nodeId,
      directoryId: replica.directoryId,
      address: replica.address,
      logEndOffset: own ? logEnd : (follower?.matchIndex ?? -1),
      lastContactMs: own ? 0 : Math.round(follower?.silentMs ?? -1),
      behindMs: own && leaderId === controller.controllerId ? 0 : Math.round(follower?.behindMs ?? -1),
    };
  };
  return {
    clusterId: quorum.clusterId ?? '',
    leaderId,
    epoch: term,
    commitOffset: commitIndex,
    voters: voters.map(describe),
    observers: followers.filter(({ voter }) => !voter).map(({ replica }) => describe(replica)),
    nodeId: controller.controllerId,
  };
}
