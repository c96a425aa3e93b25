import { assert } from '@moldau/base';
import { ApiTable } from '@moldau/protocol';
import { produceHandler } from './handlers/00-produce.ts';
import { fetchHandler } from './handlers/01-fetch.ts';
import { listOffsetsHandler } from './handlers/02-list-offsets.ts';
import { metadataHandler } from './handlers/03-metadata.ts';
import { apiVersionsHandler } from './handlers/18-api-versions.ts';
import { createTopicsHandler } from './handlers/19-create-topics.ts';
import { deleteTopicsHandler } from './handlers/20-delete-topics.ts';
import { deleteRecordsHandler } from './handlers/21-delete-records.ts';
import { initProducerIdHandler } from './handlers/22-init-producer-id.ts';
import { offsetForLeaderEpochHandler } from './handlers/23-offset-for-leader-epoch.ts';
import { describeAclsHandler } from './handlers/29-describe-acls.ts';
import { createAclsHandler } from './handlers/30-create-acls.ts';
import { deleteAclsHandler } from './handlers/31-delete-acls.ts';
import { describeConfigsHandler } from './handlers/32-describe-configs.ts';
import { alterConfigsHandler } from './handlers/33-alter-configs.ts';
import { describeLogDirsHandler } from './handlers/35-describe-log-dirs.ts';
import { createPartitionsHandler } from './handlers/37-create-partitions.ts';
import { electLeadersHandler } from './handlers/43-elect-leaders.ts';
import { incrementalAlterConfigsHandler } from './handlers/44-incremental-alter-configs.ts';
import { alterPartitionReassignmentsHandler } from './handlers/45-alter-partition-reassignments.ts';
import { listPartitionReassignmentsHandler } from './handlers/46-list-partition-reassignments.ts';
import { describeClientQuotasHandler } from './handlers/48-describe-client-quotas.ts';
import { alterClientQuotasHandler } from './handlers/49-alter-client-quotas.ts';
import { describeUserScramCredentialsHandler } from './handlers/50-describe-user-scram-credentials.ts';
import { alterUserScramCredentialsHandler } from './handlers/51-alter-user-scram-credentials.ts';
import { describeQuorumHandler } from './handlers/55-describe-quorum.ts';
import { updateFeaturesHandler } from './handlers/57-update-features.ts';
import { describeClusterHandler } from './handlers/60-describe-cluster.ts';
import { unregisterBrokerHandler } from './handlers/64-unregister-broker.ts';
import { listConfigResourcesHandler } from './handlers/74-list-config-resources.ts';
import { describeTopicPartitionsHandler } from './handlers/75-describe-topic-partitions.ts';
import { addRaftVoterHandler } from './handlers/80-add-raft-voter.ts';
import { removeRaftVoterHandler } from './handlers/81-remove-raft-voter.ts';
import { groupHandlers } from './handlers/group-handlers.ts';
import type { KafkaContext } from './kafka-context.ts';
import type { KafkaHandler } from './kafka-handler.ts';

/** What the Kafka door serves: an API is advertised because its handler stands here, and not otherwise. */
function handlersOf(context: KafkaContext): KafkaHandler[] {
  return [
    produceHandler(context),
    fetchHandler(context),
    listOffsetsHandler(context),
    metadataHandler(context),
    createTopicsHandler(context),
    deleteTopicsHandler(context),
    deleteRecordsHandler(context),
    initProducerIdHandler(context),
    offsetForLeaderEpochHandler(context),
    ...groupHandlers(context.groups),
    describeAclsHandler(),
    createAclsHandler(),
    deleteAclsHandler(),
    describeConfigsHandler(context),
    alterConfigsHandler(context),
    describeLogDirsHandler(context),
    createPartitionsHandler(context),
    electLeadersHandler(context),
    incrementalAlterConfigsHandler(context),
    alterPartitionReassignmentsHandler(context),
    listPartitionReassignmentsHandler(context),
    describeClientQuotasHandler(context),
    alterClientQuotasHandler(context),
    describeUserScramCredentialsHandler(context),
    alterUserScramCredentialsHandler(context),
    describeQuorumHandler(context),
    updateFeaturesHandler(context),
    describeClusterHandler(context),
    unregisterBrokerHandler(context),
    listConfigResourcesHandler(context),
    describeTopicPartitionsHandler(context),
    addRaftVoterHandler(context),
    removeRaftVoterHandler(context),
  ];
}

export interface KafkaApis {
  readonly table: ApiTable;
  readonly handler: (apiKey: number) => KafkaHandler;
}

export function kafkaApis(context: KafkaContext): KafkaApis {
  const handlers = [...handlersOf(context), apiVersionsHandler(context, () => table.advertised)];
  const table = new ApiTable(handlers.map(({ api }) => api));
  const byKey = new Map(handlers.map((handler) => [handler.api.key, handler]));
  const handler = (apiKey: number): KafkaHandler => {
    const found = byKey.get(apiKey);
    assert(found !== undefined, 'an API of the table has its handler', { apiKey });
    return found;
  };
  return { table, handler };
}
