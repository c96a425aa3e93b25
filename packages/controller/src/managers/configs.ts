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
  topicDurability,
} from '@moldau/metadata';
import type { AlterConfigsRequest, AlterConfigsResponse, ConfigChange, MetadataRecord, Outcome } from '@moldau/proto';
import { type Decision, type DecisionContext, electable, OK, partitionChanges, refusal } from './decision.ts';

/** All changes of one resource are taken or refused together, in the order in which the resources are first named. */
export function alterConfigs(
  image: ClusterImage,
  request: AlterConfigsRequest,
  context: DecisionContext,
): Decision<AlterConfigsResponse> {
  const refusals = new Map<string, Outcome>();
  let changed = image;
  for (const key of new Set(request.changes.map(keyOf))) {
    const changes = request.changes.filter((change) => keyOf(change) === key);
    const after = withConfigs(changed, changes);
    const problem =
      changes.map((change) => changeProblem(image, change)).find((found) => found !== undefined) ??
      durabilityProblem(changed, after, changes);
    if (problem === undefined) changed = after;
    else refusals.set(key, refusal(problem.code, problem.message));
  }
  const taken = request.changes.filter((change) => !refusals.has(keyOf(change)));
  const records = configRecords(taken);
  const outcomes = request.changes.map((change) => refusals.get(keyOf(change)) ?? OK);
  return {
    records: request.validateOnly ? [] : [...records, ...clearedElrs(changed, taken, context)],
    respond: (metadataOffset) => ({ metadataOffset, outcomes }),
  };
}

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

function changeProblem(image: ClusterImage, change: ConfigChange): Problem | undefined {
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

/**
 * What was acknowledged by a `replicated` topic may be in memory only, and the next crash that leaves a directory intact would
 * keep its claim to lead in a `flushed` one, without those records. The change would be safe once every replica had flushed past
 * the high watermark of the change, which nobody here hears of.
 */
function durabilityProblem(
  before: ClusterImage,
  after: ClusterImage,
  changes: readonly ConfigChange[],
): Problem | undefined {
  if (!changes.some(({ name }) => name === 'durability')) return undefined;
  const topics = [...before.topics.values()].map(({ name }) => name);
  const harmed = topics.find(
    (name) => topicDurability(before, name) === 'replicated' && topicDurability(after, name) === 'flushed',
  );
  if (harmed === undefined) return undefined;
  const message = `Topic ${harmed} is replicated, and what it has acknowledged may not be on disk yet: it does not become flushed. Create another topic and copy its records; where the default of the cluster changes, first set durability=replicated on the topic itself.`;
  return { code: 'INVALID_CONFIG', message };
}

/** A lower minimum lets high watermarks move without the ELRs, so these go in the same batch. */
function clearedElrs(
  after: ClusterImage,
  changes: readonly ConfigChange[],
  context: DecisionContext,
): MetadataRecord[] {
  if (!changes.some(({ name }) => name === 'min.insync.replicas')) return [];
  return partitionChanges(partitionsAfterMinIsrChange(after, electable(after, context)));
}

/** The image as it would be. */
function withConfigs(image: ClusterImage, changes: readonly ConfigChange[]): ClusterImage {
  const batch = { version: METADATA_BATCH_VERSION, records: configRecords(changes), timestampMs: 0 };
  return applyBatch(image, batch, { offset: image.offset + 1, epoch: image.epoch }).image;
}

function configRecords(changes: readonly ConfigChange[]): MetadataRecord[] {
  return changes.map((value) => ({ record: { kind: 'config', value } }));
}

function resourceOf({ resourceType, resourceName }: ConfigChange): ConfigResource {
  return { type: resourceType, name: resourceName };
}

function keyOf(change: ConfigChange): string {
  return configResourceKey(resourceOf(change));
}
