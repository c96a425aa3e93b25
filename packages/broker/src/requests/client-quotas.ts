import { RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import type { ClientQuotas, ClusterImage, QuotaEntity } from '@moldau/metadata';
import { ApiService, type DescribeClientQuotasRequest, type DescribedQuotas, type QuotaFilter } from '@moldau/proto';

const TYPES: readonly string[] = ['user', 'client-id', 'ip'];

export function quotaHandler(image: () => ClusterImage): RpcHandler {
  return unaryHandler(ApiService.describeClientQuotas, (request) =>
    Promise.resolve({ entries: describeClientQuotas(image(), request) }),
  );
}

/** Entities with quotas that fit all filters. @throws RequestError */
export function describeClientQuotas(
  image: ClusterImage,
  { filters, strict }: DescribeClientQuotasRequest,
): DescribedQuotas[] {
  checkFilters(filters);
  const fits = ({ entity }: ClientQuotas): boolean => {
    if (strict && entity.length > filters.length) return false;
    return filters.every((filter) => entityFits(entity, filter));
  };
  return [...image.quotas.values()].filter(fits).map(({ entity, values }) => ({
    entity,
    values: [...values].map(([key, value]) => ({ key, value })),
  }));
}

function entityFits(entity: QuotaEntity, { type, match, name }: QuotaFilter): boolean {
  const part = entity.find((each) => each.type === type);
  if (part === undefined) return false;
  return match === 'any' || part.name === (match === 'name' ? name : undefined);
}

/** @throws RequestError */
function checkFilters(filters: readonly QuotaFilter[]): void {
  const types = new Set(filters.map(({ type }) => type));
  if (types.size < filters.length)
    throw new RequestError('INVALID_REQUEST', 'A type of entity stands twice in the filter. Give each once.');
  for (const { type, match } of filters) {
    if (type === '')
      throw new RequestError('INVALID_REQUEST', 'A type of entity is empty. Give user, client-id or ip.');
    if (!TYPES.includes(type)) {
      const message = `There is no entity of type ${JSON.stringify(type.slice(0, 64))}. Give user, client-id or ip.`;
      throw new RequestError('UNSUPPORTED_VERSION', message);
    }
    if (match === 'unspecified')
      throw new RequestError(
        'INVALID_REQUEST',
        `How a ${type} is to match is missing. Give a name, the default or any.`,
      );
  }
  if (types.has('ip') && types.size > 1)
    throw new RequestError('INVALID_REQUEST', 'An ip is not combined with a user or a client-id.');
}
