import { isIpAddress, RequestError } from '@moldau/base';
import { type ClusterImage, type QuotaEntity, quotaEntityKey, quotaEntityOf } from '@moldau/metadata';
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  MetadataRecord,
  QuotaAlteration,
  QuotaChange,
} from '@moldau/proto';
import { attempt, type Decision, OK, refusal } from './decision.ts';

/** Said wherever quotas are stored, until they are enforced. */
export const QUOTAS_NOTICE = 'Quotas are stored; this version does not enforce them.';

/** Of one request, over all of its entities: they are one entry of the log. */
const CHANGES_MAX = 1000;
/** Of the cluster. Each change of one copies the map of all. */
const ENTITIES_MAX = 10_000;
/** Of a name, in UTF-16 units. */
const NAME_LENGTH_MAX = 255;

const WHOLE_RATES: ReadonlySet<string> = new Set([
  'producer_byte_rate',
  'consumer_byte_rate',
  'connection_creation_rate',
]);
const CLIENT_KEYS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'];
const IP_KEYS = ['connection_creation_rate'];
const INT_MAX = 2 ** 31 - 1;

/** Each entity's changes are taken or refused together; one that is named twice is not changed at all. */
export function alterClientQuotas(
  image: ClusterImage,
  { alterations, validateOnly }: AlterClientQuotasRequest,
): Decision<AlterClientQuotasResponse> {
  const count = alterations.reduce((sum, { changes }) => sum + changes.length, 0);
  if (count > CHANGES_MAX)
    throw new RequestError(
      'INVALID_REQUEST',
      `${count} quotas are too many for one request: give at most ${CHANGES_MAX}.`,
    );
  const named = new Map<string, number>();
  for (const { entity } of alterations) {
    const key = quotaEntityKey(entity);
    named.set(key, (named.get(key) ?? 0) + 1);
  }
  let entities = image.quotas.size;
  const records: MetadataRecord[] = [];
  const outcomes = alterations.map((alteration) => {
    const checked = attempt(() => {
      if (named.get(quotaEntityKey(alteration.entity)) !== 1)
        throw new RequestError('INVALID_REQUEST', 'An entity is named twice in one request. Name it once.');
      if (entities >= ENTITIES_MAX && !image.quotas.has(quotaEntityKey(alteration.entity)))
        throw new RequestError(
          'INVALID_REQUEST',
          `A cluster has quotas of at most ${ENTITIES_MAX} entities. Remove some.`,
        );
      return quotaRecords(image, alteration);
    });
    if (checked instanceof RequestError) return refusal(checked.code, checked.message);
    records.push(...checked);
    if (checked.length > 0 && !image.quotas.has(quotaEntityKey(alteration.entity))) entities++;
    return OK;
  });
  return {
    records: validateOnly ? [] : records,
    respond: (metadataOffset) => ({ metadataOffset, outcomes, notice: QUOTAS_NOTICE }),
  };
}

/** @throws RequestError */
function quotaRecords(image: ClusterImage, { entity: parts, changes }: QuotaAlteration): MetadataRecord[] {
  const keys = keysFor(parts);
  const entity = quotaEntityOf(parts);
  const now = image.quotas.get(quotaEntityKey(entity))?.values;
  return changes.flatMap((change): MetadataRecord[] => {
    const problem = changeProblem(keys, change);
    if (problem !== undefined) throw new RequestError('INVALID_REQUEST', problem);
    const { key, value } = change;
    // What is there already, or not there, is no change.
    return now?.get(key) === value ? [] : [{ record: { kind: 'clientQuota', value: { entity, key, value } } }];
  });
}

/** Which quotas such an entity can have. @throws RequestError */
function keysFor(entity: QuotaEntity): readonly string[] {
  const refuse = (message: string): never => {
    throw new RequestError('INVALID_REQUEST', message);
  };
  const types = new Set(entity.map(({ type }) => type));
  if (entity.length === 0) refuse('A quota is for a user, a client-id, both, or an ip. Name one.');
  if (types.size < entity.length) refuse('A type stands twice in one entity. Give each once.');
  for (const { type, name } of entity) {
    if (type !== 'user' && type !== 'client-id' && type !== 'ip')
      refuse(`There is no entity of type ${JSON.stringify(type.slice(0, 64))}. Give user, client-id or ip.`);
    if (name === '') refuse(`The name of a ${type} is empty. Leave it out for the default.`);
    if ((name ?? '').length > NAME_LENGTH_MAX) refuse(`The name of a ${type} is longer than ${NAME_LENGTH_MAX}.`);
  }
  if (!types.has('ip')) return CLIENT_KEYS;
  if (types.size > 1) refuse('An ip is not combined with a user or a client-id.');
  const address = entity[0]?.name;
  if (address !== undefined && !isIpAddress(address))
    refuse(`${JSON.stringify(address)} is no IP address. Host names are not looked up.`);
  return IP_KEYS;
}

function changeProblem(keys: readonly string[], { key, value }: QuotaChange): string | undefined {
  if (!keys.includes(key))
    return `There is no quota ${JSON.stringify(key.slice(0, 64))} of such an entity. Give one of: ${keys.join(', ')}.`;
  if (value === undefined) return undefined;
  if (!(value > 0) || !Number.isFinite(value)) return `The quota ${key} must be greater than 0.`;
  if (!WHOLE_RATES.has(key)) return undefined;
  if (!Number.isSafeInteger(value)) return `The quota ${key} must be a whole number.`;
  return key === 'connection_creation_rate' && value > INT_MAX ? `The quota ${key} is at most ${INT_MAX}.` : undefined;
}
