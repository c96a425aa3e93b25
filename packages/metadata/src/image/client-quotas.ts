import type { QuotaEntityPart } from '@moldau/proto';

/** Whom a quota is for: parts of the types user, client-id or ip, each once, in the order of their names. */
export type QuotaEntity = readonly QuotaEntityPart[];

export interface ClientQuotas {
  readonly entity: QuotaEntity;
  readonly values: ReadonlyMap<string, number>;
}

export function quotaEntityOf(parts: QuotaEntity): QuotaEntity {
  return [...parts].sort((left, right) => (left.type < right.type ? -1 : left.type > right.type ? 1 : 0));
}

export function quotaEntityKey(entity: QuotaEntity): string {
  return JSON.stringify(quotaEntityOf(entity).map(({ type, name }) => [type, name ?? null]));
}
