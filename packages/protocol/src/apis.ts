import type { Api } from './definition/api.ts';
import { produce } from './definitions/00-produce.ts';
import { fetch } from './definitions/01-fetch.ts';
import { listOffsets } from './definitions/02-list-offsets.ts';
import { metadata } from './definitions/03-metadata.ts';
import { offsetCommit } from './definitions/08-offset-commit.ts';
import { offsetFetch } from './definitions/09-offset-fetch.ts';
import { findCoordinator } from './definitions/10-find-coordinator.ts';
import { joinGroup } from './definitions/11-join-group.ts';
import { heartbeat } from './definitions/12-heartbeat.ts';
import { leaveGroup } from './definitions/13-leave-group.ts';
import { syncGroup } from './definitions/14-sync-group.ts';
import { describeGroups } from './definitions/15-describe-groups.ts';
import { listGroups } from './definitions/16-list-groups.ts';
import { apiVersions } from './definitions/18-api-versions.ts';
import { createTopics } from './definitions/19-create-topics.ts';
import { deleteTopics } from './definitions/20-delete-topics.ts';
import { deleteRecords } from './definitions/21-delete-records.ts';
import { initProducerId } from './definitions/22-init-producer-id.ts';
import { offsetForLeaderEpoch } from './definitions/23-offset-for-leader-epoch.ts';
import { describeAcls } from './definitions/29-describe-acls.ts';
import { createAcls } from './definitions/30-create-acls.ts';
import { deleteAcls } from './definitions/31-delete-acls.ts';
import { describeConfigs } from './definitions/32-describe-configs.ts';
import { alterConfigs } from './definitions/33-alter-configs.ts';
import { describeLogDirs } from './definitions/35-describe-log-dirs.ts';
import { createPartitions } from './definitions/37-create-partitions.ts';
import { deleteGroups } from './definitions/42-delete-groups.ts';
import { electLeaders } from './definitions/43-elect-leaders.ts';
import { incrementalAlterConfigs } from './definitions/44-incremental-alter-configs.ts';
import { alterPartitionReassignments } from './definitions/45-alter-partition-reassignments.ts';
import { listPartitionReassignments } from './definitions/46-list-partition-reassignments.ts';
import { offsetDelete } from './definitions/47-offset-delete.ts';
import { describeClientQuotas } from './definitions/48-describe-client-quotas.ts';
import { alterClientQuotas } from './definitions/49-alter-client-quotas.ts';
import { describeUserScramCredentials } from './definitions/50-describe-user-scram-credentials.ts';
import { alterUserScramCredentials } from './definitions/51-alter-user-scram-credentials.ts';
import { describeQuorum } from './definitions/55-describe-quorum.ts';
import { updateFeatures } from './definitions/57-update-features.ts';
import { describeCluster } from './definitions/60-describe-cluster.ts';
import { unregisterBroker } from './definitions/64-unregister-broker.ts';
import { listConfigResources } from './definitions/74-list-config-resources.ts';
import { describeTopicPartitions } from './definitions/75-describe-topic-partitions.ts';
import { addRaftVoter } from './definitions/80-add-raft-voter.ts';
import { removeRaftVoter } from './definitions/81-remove-raft-voter.ts';

/** Every API that is defined, by ascending key. A broker serves those of them that it has a handler for. */
export const APIS: readonly Api[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeAcls,
  createAcls,
  deleteAcls,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  createPartitions,
  deleteGroups,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  offsetDelete,
  describeClientQuotas,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  describeQuorum,
  updateFeatures,
  describeCluster,
  unregisterBroker,
  listConfigResources,
  describeTopicPartitions,
  addRaftVoter,
  removeRaftVoter,
];
