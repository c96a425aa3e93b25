import { errorNumber, NO_ERROR, RequestError } from '@moldau/base';
import type { QuotaFilter, QuotaMatch } from '@moldau/proto';
import { describeClientQuotas, type RequestOf } from '@moldau/protocol';
import { describeClientQuotas as describe } from '../../requests/client-quotas.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Component = RequestOf<typeof describeClientQuotas>['components'][number];

const MATCHES: readonly QuotaMatch[] = ['name', 'default', 'any'];

export function describeClientQuotasHandler({ requests }: KafkaContext): KafkaHandler {
  return kafkaHandler(describeClientQuotas, ({ components, strict }) => {
    try {
      const entries = describe(requests.image(), { filters: components.map(filterOf), strict });
      return {
        errorCode: NO_ERROR,
        entries: entries.map(({ entity, values }) => ({
          entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name ?? null })),
          values,
        })),
      };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { errorCode: errorNumber(error.code), errorMessage: error.message, entries: null };
    }
  });
}

/** @throws RequestError */
function filterOf({ entityType: type, matchType, match: name }: Component): QuotaFilter {
  const match = MATCHES[matchType];
  if (match === undefined) throw new RequestError('INVALID_REQUEST', `There is no type of match ${matchType}.`);
  if ((match === 'name') !== (name !== null))
    throw new RequestError('INVALID_REQUEST', 'A match by name has a name, and any other has none.');
  return { type, match, name: name ?? '' };
}
