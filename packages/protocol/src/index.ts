export { APIS } from './apis.ts';
export { type DecodeLimits, REQUEST_LIMITS, RESPONSE_LIMITS } from './codec/limits.ts';
export type { Api, RequestInput, RequestOf, ResponseInput, ResponseOf } from './definition/api.ts';
export { ZERO_UUID } from './definition/field.ts';
export { parseVersions, type Versions } from './definition/versions.ts';
export { produce } from './definitions/00-produce.ts';
export { fetch } from './definitions/01-fetch.ts';
export { listOffsets } from './definitions/02-list-offsets.ts';
export { metadata } from './definitions/03-metadata.ts';
export { offsetCommit } from './definitions/08-offset-commit.ts';
export { offsetFetch } from './definitions/09-offset-fetch.ts';
export { findCoordinator } from './definitions/10-find-coordinator.ts';
export { joinGroup } from './definitions/11-join-group.ts';
export { heartbeat } from './definitions/12-heartbeat.ts';
export { leaveGroup } from './definitions/13-leave-group.ts';
export { syncGroup } from './definitions/14-sync-group.ts';
export { describeGroups } from './definitions/15-describe-groups.ts';
export { listGroups } from './definitions/16-list-groups.ts';
export { apiVersions } from './definitions/18-api-versions.ts';
export { createTopics } from './definitions/19-create-topics.ts';
export { deleteTopics } from './definitions/20-delete-topics.ts';
export { deleteRecords } from './definitions/21-delete-records.ts';
export { initProducerId } from './definitions/22-init-producer-id.ts';
export { offsetForLeaderEpoch } from './definitions/23-offset-for-leader-epoch.ts';
export { describeAcls } from './definitions/29-describe-acls.ts';
export { createAcls } from './definitions/30-create-acls.ts';
export { deleteAcls } from './definitions/31-delete-acls.ts';
export { describeConfigs } from './definitions/32-describe-configs.ts';
export { alterConfigs } from './definitions/33-alter-configs.ts';
export { describeLogDirs } from './definitions/35-describe-log-dirs.ts';
export { createPartitions } from './definitions/37-create-partitions.ts';
export { deleteGroups } from './definitions/42-delete-groups.ts';
export { electLeaders } from './definitions/43-elect-leaders.ts';
export { incrementalAlterConfigs } from './definitions/44-incremental-alter-configs.ts';
export { alterPartitionReassignments } from './definitions/45-alter-partition-reassignments.ts';
export { listPartitionReassignments } from './definitions/46-list-partition-reassignments.ts';
export { offsetDelete } from './definitions/47-offset-delete.ts';
export { describeClientQuotas } from './definitions/48-describe-client-quotas.ts';
export { alterClientQuotas } from './definitions/49-alter-client-quotas.ts';
export { describeUserScramCredentials } from './definitions/50-describe-user-scram-credentials.ts';
export { alterUserScramCredentials } from './definitions/51-alter-user-scram-credentials.ts';
export { describeQuorum } from './definitions/55-describe-quorum.ts';
export { updateFeatures } from './definitions/57-update-features.ts';
export { describeCluster } from './definitions/60-describe-cluster.ts';
export { unregisterBroker } from './definitions/64-unregister-broker.ts';
export { listConfigResources } from './definitions/74-list-config-resources.ts';
export { describeTopicPartitions } from './definitions/75-describe-topic-partitions.ts';
export { addRaftVoter } from './definitions/80-add-raft-voter.ts';
export { removeRaftVoter } from './definitions/81-remove-raft-voter.ts';
export { FrameSplitter } from './framing/frame-splitter.ts';
export { ApiTable, type ApiVersionRange } from './message/api-table.ts';
export {
  CONSUMER_PROTOCOL_VERSION_MAX,
  type ConsumerAssignment,
  type ConsumerAssignmentInput,
  type ConsumerSubscription,
  type ConsumerSubscriptionInput,
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from './message/consumer-protocol.ts';
export {
  decodeRequest,
  encodeRequest,
  type OpenedRequest,
  openRequest,
  type RequestHeader,
} from './message/request.ts';
export {
  decodeResponse,
  encodeApiVersionsFallback,
  encodeResponse,
  type ResponseHeader,
  responseCorrelationId,
} from './message/response.ts';
