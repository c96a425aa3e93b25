import type { ErrorCode } from '@moldau/base';
import {
  applyBatch,
  type ClusterImage,
  type ConfigResource,
  configProblem,
  configResourceKey,
  METADATA_BATCH_VERSION,
  partitionsAfterMinIsrChange,
  topicByName,
} from '@moldau/metadata';
import type { AlterConfigsRequest, AlterConfigsResponse, ConfigChange, MetadataRecord, Outcome } from '@moldau/proto';
import { type Decision, type DecisionContext, electable, OK, partitionChanges, refusal } from './decision.ts';

/** All changes of one resource are taken or refused together. */
export function alterConfigs(
  image: ClusterImage,
  request: AlterConfigsRequest,
  context: DecisionContext,
): Decision<AlterConfigsResponse> {
  const refusals = new Map<string, Outcome>();
  for (const change of request.changes) {
    const problem = changeProblem(image, change);
    if (problem !== undefined && !refusals.has(keyOf(change)))
      refusals.set(keyOf(change), refusal(problem.code, problem.message));
  }
  const taken = request.changes.filter((change) => !refusals.has(keyOf(change)));
  const records = taken.map((value): MetadataRecord => ({ record: { kind: 'config', value } }));
  const outcomes = request.changes.map((change) => refusals.get(keyOf(change)) ?? OK);
  return {
    records: request.validateOnly ? [] : [...records, ...clearedElrs(image, taken, records, context)],
    respond: (metadataOffset) => ({ metadataOffset, outcomes }),
  };
}

function changeProblem(
  image: ClusterImage,
  change: ConfigChange,
): { readonly code: ErrorCode; readonly message: string } | undefined {
  const { type, name } = resourceOf(change);
  if (type === 'topic' && topicByName(image, name) === undefined) {
    return { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: `There is no topic "${name}". Check the name.` };
  }
  if (type === 'broker' && !/^\d{1,9}$/.test(name)) {
    return {
      code: 'INVALID_REQUEST',
      message: `"${name}" is not a broker id. Give a number; the default of all brokers is set on the cluster.`,
    };
  }
  if (type === 'broker' && !image.brokers.has(Number(name))) {
    return { code: 'BROKER_ID_NOT_REGISTERED', message: `Broker ${name} is not registered. Start it first.` };
  }
  if (type === 'cluster' && name !== '') {
    return { code: 'INVALID_REQUEST', message: `The cluster has no name, but "${name}" was given. Leave it empty.` };
  }
  if (type === 'unspecified')
    return { code: 'INVALID_REQUEST', message: 'The type of the resource is missing. Give topic, broker or cluster.' };
  const message = configProblem(type, change.name, change.value);
  return message === undefined ? undefined : { code: 'INVALID_CONFIG', message };
}

/** A lower minimum lets high watermarks move without the ELRs, so these go in the same batch. */
function clearedElrs(
  image: ClusterImage,
  changes: readonly ConfigChange[],
  records: readonly MetadataRecord[],
  context: DecisionContext,
): MetadataRecord[] {
  if (!changes.some(({ name }) => name === 'min.insync.replicas')) return [];
  const batch = { version: METADATA_BATCH_VERSION, records, timestampMs: 0 };
  const after = applyBatch(image, batch, { offset: image.offset + 1, epoch: image.epoch }).image;
  return partitionChanges(partitionsAfterMinIsrChange(after, electable(after, context)));
}

function resourceOf({ resourceType, resourceName }: ConfigChange): ConfigResource {
  return { type: resourceType, name: resourceName };
}

function keyOf(change: ConfigChange): string {
  return configResourceKey(resourceOf(change));
}
