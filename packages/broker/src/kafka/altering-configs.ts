import { errorCodeFromNumber, NO_ERROR, RequestError } from '@moldau/base';
import { type ConfigResource, configProblem } from '@moldau/metadata';
import { AlterConfigsRequest, ConfigChange, ControllerService, type ListChange, type Outcome } from '@moldau/proto';
import { askController } from '../requests/forwarded-requests.ts';
import { askedLevel } from './broker-loggers.ts';
import {
  BROKER_LOGGER,
  configResourceOf,
  type KafkaResource,
  type ResourceOutcome,
  refused,
  succeeded,
} from './config-resources.ts';
import type { KafkaContext } from './kafka-context.ts';

/** The change is answered once this broker has applied it, so that who asked sees it here. */
const APPLY_WAIT_MS = 1000;

/** One change of a config, as AlterConfigs and IncrementalAlterConfigs have it in common. */
export interface AskedChange {
  readonly name: string;
  /** Undefined: back to the default. */
  readonly value: string | undefined;
  readonly listChange: ListChange;
}

/** What is asked of one resource. */
export interface AskedAlteration {
  readonly resource: KafkaResource;
  /** @throws RequestError when a change cannot be understood */
  readonly changes: () => AskedChange[];
}

interface Alteration {
  readonly resource: ConfigResource;
  readonly changes: readonly AskedChange[];
}

/** Changes configs; each resource has its outcome, and is changed as a whole or not at all. */
export async function alterConfigs(
  context: KafkaContext,
  asked: readonly AskedAlteration[],
  options: { readonly replace: boolean; readonly validateOnly: boolean },
): Promise<ResourceOutcome[]> {
  const counts = new Map<string, number>();
  for (const { resource } of asked) counts.set(keyOf(resource), (counts.get(keyOf(resource)) ?? 0) + 1);
  const understood = asked.map((alteration) => {
    try {
      if (counts.get(keyOf(alteration.resource)) !== 1)
        throw new RequestError('INVALID_REQUEST', 'The request names this resource twice. Name it once.');
      return understand(context, alteration, options.validateOnly);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return error;
    }
  });
  const valid = understood.filter((each): each is Alteration => each !== undefined && !(each instanceof RequestError));
  const outcomes = new Map(valid.map((each, index) => [each, index] as const));
  const answers = valid.length === 0 ? [] : await ask(context, valid, options);
  return asked.map(({ resource }, index) => {
    const alteration = understood[index];
    const error =
      alteration === undefined || alteration instanceof RequestError
        ? alteration
        : answers[outcomes.get(alteration) ?? -1];
    return error === undefined ? succeeded(resource) : refused(resource, error);
  });
}

/** Undefined: nothing is left to be done. Loggers are this broker's own. @throws RequestError */
function understand(
  { requests, logThreshold }: KafkaContext,
  { resource, changes }: AskedAlteration,
  validateOnly: boolean,
): Alteration | undefined {
  const known = configResourceOf(resource, requests.nodeId);
  const asked = changes();
  if (new Set(asked.map(({ name }) => name)).size !== asked.length)
    throw new RequestError('INVALID_REQUEST', 'The request names a config of this resource twice. Name it once.');
  if (resource.resourceType === BROKER_LOGGER) {
    const { level: before } = logThreshold;
    const level = askedLevel(asked) ?? before;
    if (validateOnly || level === before) return undefined;
    requests.logger.info('the log level changes', { before, level });
    logThreshold.level = level;
    return undefined;
  }
  if (known === undefined) {
    const [first] = asked;
    if (first === undefined) return undefined;
    throw new RequestError(
      'INVALID_CONFIG',
      `There is no config ${JSON.stringify(first.name)} of such a resource yet.`,
    );
  }
  // What is not set is taken back in vain, and that is no error: tools take back what another version may have set.
  const isVain = ({ name, value }: AskedChange): boolean =>
    value === undefined && configProblem(known.type, name, undefined) !== undefined;
  return { resource: known, changes: asked.filter((change) => !isVain(change)) };
}

/** Why not, of each. */
async function ask(
  context: KafkaContext,
  alterations: readonly Alteration[],
  { replace, validateOnly }: { readonly replace: boolean; readonly validateOnly: boolean },
): Promise<(RequestError | undefined)[]> {
  const named = ({ resource }: Alteration) => ({ resourceType: resource.type, resourceName: resource.name });
  const request = AlterConfigsRequest.create({
    changes: alterations.flatMap((each) =>
      each.changes.map((change) => ConfigChange.create({ ...named(each), ...change })),
    ),
    resources: alterations.map((each) => ({ ...named(each), replace })),
    validateOnly,
  });
  try {
    const answer = await askController(context.link, ControllerService.alterConfigs, request);
    await context.observer.awaitOffset(answer.metadataOffset, APPLY_WAIT_MS);
    return alterations.map(({ resource }, index) => errorOf(answer.resourceOutcomes[index], resource));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return alterations.map(() => error);
  }
}

/** Of brokers Kafka answers a config that cannot be set with INVALID_REQUEST, and clients' users know that. */
function errorOf(outcome: Outcome | undefined, { type }: ConfigResource): RequestError | undefined {
  if (outcome === undefined || outcome.errorCode === NO_ERROR) return undefined;
  const code = errorCodeFromNumber(outcome.errorCode);
  const isOfBroker = code === 'INVALID_CONFIG' && type !== 'topic';
  return new RequestError(isOfBroker ? 'INVALID_REQUEST' : code, outcome.message);
}

function keyOf({ resourceType, resourceName }: KafkaResource): string {
  return `${resourceType} ${resourceName}`;
}
