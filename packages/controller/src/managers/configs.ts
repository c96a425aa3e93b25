import { RequestError } from '@moldau/base';
import {
  applyBatch,
  type ClusterImage,
  type ConfigResource,
  configProblem,
  configResourceKey,
  describeConfigs,
  listValue,
  METADATA_BATCH_VERSION,
  partitionsAfterMinIsrChange,
  topicByName,
  topicDurability,
} from '@moldau/metadata';
import {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  ConfigChange,
  type MetadataRecord,
  type Outcome,
} from '@moldau/proto';
import { attempt, type Decision, type DecisionContext, electable, OK, partitionChanges, refusal } from './decision.ts';

/** All changes of one resource are taken or refused together, in the order in which the resources are first named. */
export function alterConfigs(
  image: ClusterImage,
  request: AlterConfigsRequest,
  context: DecisionContext,
): Decision<AlterConfigsResponse> {
  const refusals = new Map<string, Outcome>();
  const taken: ConfigChange[] = [];
  let changed = image;
  for (const [key, alteration] of alterations(request)) {
    const changes = attempt(() => plainChanges(changed, alteration));
    const after = changes instanceof RequestError ? changed : withConfigs(changed, changes);
    const problem = changes instanceof RequestError ? changes : durabilityProblem(changed, after, changes);
    if (problem !== undefined || changes instanceof RequestError) {
      refusals.set(key, refusal(problem?.code ?? 'INVALID_CONFIG', problem?.message ?? ''));
      continue;
    }
    changed = after;
    taken.push(...changes);
  }
  return {
    records: request.validateOnly ? [] : [...configRecords(taken), ...clearedElrs(changed, taken, context)],
    respond: (metadataOffset) => ({
      metadataOffset,
      outcomes: request.changes.map((change) => refusals.get(keyOf(change)) ?? OK),
      resourceOutcomes: request.resources.map((resource) => refusals.get(keyOf(resource)) ?? OK),
    }),
  };
}

/** What is asked of one resource. */
interface Alteration {
  readonly resource: ConfigResource;
  readonly changes: ConfigChange[];
  replace: boolean;
}

function alterations({ resources, changes }: AlterConfigsRequest): Map<string, Alteration> {
  const found = new Map<string, Alteration>();
  const of = (named: NamedResource): Alteration => {
    const key = keyOf(named);
    const alteration = found.get(key) ?? { resource: resourceOf(named), changes: [], replace: false };
    found.set(key, alteration);
    return alteration;
  };
  for (const resource of resources) of(resource).replace ||= resource.replace;
  for (const change of changes) of(change).changes.push(change);
  return found;
}

/** The values as they are to be, and what goes back to its default. @throws RequestError */
function plainChanges(image: ClusterImage, { resource, changes, replace }: Alteration): ConfigChange[] {
  checkResource(image, resource);
  const plain = changes.map((change) => plainChange(image, resource, change));
  for (const { name, value } of plain) {
    const problem = configProblem(resource.type, name, value);
    if (problem !== undefined) throw new RequestError('INVALID_CONFIG', problem);
  }
  if (!replace) return plain;
  const named = new Set(plain.map(({ name }) => name));
  const own = image.configs.get(configResourceKey(resource))?.values.keys() ?? [];
  const others = [...own].filter((name) => !named.has(name));
  const of = { resourceType: resource.type, resourceName: resource.name };
  return [...plain, ...others.map((name) => ConfigChange.create({ ...of, name }))];
}

/** Append and subtract begin with what is in force. @throws RequestError */
function plainChange(image: ClusterImage, resource: ConfigResource, change: ConfigChange): ConfigChange {
  if (change.listChange === 'unspecified') return change;
  const found = describeConfigs(image, resource).find(({ name }) => name === change.name);
  if (found?.definition.type.kind !== 'list') {
    const message = `${change.name} of a ${resource.type} is not a list: set it, or put it back to its default.`;
    throw new RequestError('INVALID_CONFIG', message);
  }
  const items = listValue(change.value ?? '');
  const kept = listValue(found.value ?? '').filter((item) => !items.includes(item));
  const value = change.listChange === 'append' ? appended(listValue(found.value ?? ''), items) : kept;
  return { ...change, value: value.join(','), listChange: 'unspecified' };
}

function appended(before: readonly string[], items: readonly string[]): string[] {
  return [...new Set([...before, ...items])];
}

/** @throws RequestError */
function checkResource(image: ClusterImage, { type, name }: ConfigResource): void {
  if (type === 'topic' && topicByName(image, name) === undefined)
    throw new RequestError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${name}". Check the name.`);
  if (type === 'broker' && !/^\d{1,9}$/.test(name)) {
    throw new RequestError(
      'INVALID_REQUEST',
      `"${name}" is not a broker id. Give a number; the default of all brokers is set on the cluster.`,
    );
  }
  if (type === 'broker' && !image.brokers.has(Number(name)))
    throw new RequestError('BROKER_ID_NOT_REGISTERED', `Broker ${name} is not registered. Start it first.`);
  if (type === 'cluster' && name !== '')
    throw new RequestError('INVALID_REQUEST', `The cluster has no name, but "${name}" was given. Leave it empty.`);
  if (type === 'unspecified' || type === 'founding')
    throw new RequestError(
      'INVALID_REQUEST',
      'The resource is of no type that can be set. Give topic, broker or cluster.',
    );
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
): RequestError | undefined {
  if (!changes.some(({ name }) => name === 'durability')) return undefined;
  const topics = [...before.topics.values()].map(({ name }) => name);
  const harmed = topics.find(
    (name) => topicDurability(before, name) === 'replicated' && topicDurability(after, name) === 'flushed',
  );
  if (harmed === undefined) return undefined;
  const message = `Topic ${harmed} is replicated, and what it has acknowledged may not be on disk yet: it does not become flushed. Create another topic and copy its records; where the default of the cluster changes, first set durability=replicated on the topic itself.`;
  return new RequestError('INVALID_CONFIG', message);
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
  return changes.map(({ resourceType, resourceName, name, value }) => ({
    record: { kind: 'config', value: { resourceType, resourceName, name, value } },
  }));
}

type NamedResource = Pick<ConfigChange, 'resourceType' | 'resourceName'>;

function resourceOf({ resourceType, resourceName }: NamedResource): ConfigResource {
  return { type: resourceType, name: resourceName };
}

function keyOf(named: NamedResource): string {
  return configResourceKey(resourceOf(named));
}
