import { RequestError } from '@moldau/base';
import type { ConfigType, ResolvedConfig } from '@moldau/metadata';
import { describeConfigs, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { describeResource } from '../../requests/describe-configs.ts';
import { describeLoggers } from '../broker-loggers.ts';
import { BROKER_LOGGER, CONFIG_SOURCES, configResourceOf, refused, succeeded } from '../config-resources.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Request = RequestOf<typeof describeConfigs>;
type Resource = Request['resources'][number];
type Result = ResponseInput<typeof describeConfigs>['results'][number];
type Entry = Result['configs'][number];

const BOOLEAN = 1;
const STRING = 2;
const INTEGERS = { 32: 3, 16: 4, 64: 5 } as const;
const DOUBLE = 6;
const LIST = 7;

/** The source of what loggers are set to. */
const OF_LOGGERS = 6;

/** Of one request: who has more asks again. */
const RECONFIG_SOURCES_MAX = 10_000;
/** What the answer about one takes, with everything that can be asked for. */
const RESOURCE_BYTES = 16 * 1024;
/** Described in one go: some ms. */
const RECONFIG_SOURCES_PER_TURN = 100;

export function describeConfigsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(describeConfigs, async (request, call) => {
    const { resources } = request;
    call.hold(Math.min(resources.length, RECONFIG_SOURCES_MAX) * RESOURCE_BYTES);
    const results: Result[] = [];
    for (const [index, resource] of resources.entries()) {
      if (index >= RECONFIG_SOURCES_MAX) results.push({ ...refused(resource, TOO_MANY), configs: [] });
      else results.push(describe(context, request, resource));
      if (index % RECONFIG_SOURCES_PER_TURN === RECONFIG_SOURCES_PER_TURN - 1) {
        await new Promise<void>((resolve) => context.timers.afterPoll(resolve));
      }
    }
    return { results };
  });
}

const TOO_MANY = new RequestError('INVALID_REQUEST', `Ask for the configs of at most ${RECONFIG_SOURCES_MAX} at once.`);

function describe({ requests, logThreshold }: KafkaContext, request: Request, resource: Resource): Result {
  try {
    const known = configResourceOf(resource, requests.nodeId);
    const { resourceType, configurationKeys: names } = resource;
    const isAsked = ({ name }: { readonly name: string }): boolean =>
      names === null || names.length === 0 || names.includes(name);
    if (resourceType === BROKER_LOGGER)
      return { ...succeeded(resource), configs: describeLoggers(logThreshold).filter(isAsked).map(loggerEntryOf) };
    // Metrics of clients and groups have no configs here: there is nothing to list.
    if (known === undefined) return { ...succeeded(resource), configs: [] };
    const configs = describeResource(requests, known)
      .filter(isAsked)
      // Of all brokers together only what has been set is shown: the rest may differ from broker to broker.
      .filter(({ source }) => known.type !== 'cluster' || source === 'cluster')
      .map((config) => entryOf(config, request))
      .map((entry) => (known.type === 'cluster' ? withoutDefault(entry) : entry));
    return { ...succeeded(resource), configs };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { ...refused(resource, error), configs: [] };
  }
}

function entryOf(config: ResolvedConfig, { includeSynonyms, includeDocumentation }: Request): Entry {
  const { definition, name, value = null, source, synonyms, isReadOnly } = config;
  return {
    name,
    value,
    readOnly: isReadOnly,
    configSource: CONFIG_SOURCES[source],
    // Passwords do not exist yet.
    isSensitive: false,
    synonyms: includeSynonyms ? synonyms.map((each) => ({ ...each, source: CONFIG_SOURCES[each.source] })) : [],
    configType: typeNumber(definition.type),
    documentation: includeDocumentation ? definition.doc : null,
  };
}

function loggerEntryOf({ name, value }: { readonly name: string; readonly value: string }): Entry {
  return { name, value, readOnly: false, configSource: OF_LOGGERS, isSensitive: false };
}

function withoutDefault(entry: Entry): Entry {
  const { synonyms = [] } = entry;
  return { ...entry, synonyms: synonyms.filter(({ source }) => source === CONFIG_SOURCES.cluster) };
}

function typeNumber(type: ConfigType): number {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return INTEGERS[type.bits];
    case 'decimal':
      return DOUBLE;
    case 'list':
      return LIST;
    case 'choice':
    case 'text':
      return STRING;
  }
}
