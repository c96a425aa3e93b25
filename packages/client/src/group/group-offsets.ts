import { errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import { ApiService, type CommittedOffset as CommittedOnWire } from '@moldau/proto';
import { byTopic, type PartitionName } from '../partition-name.ts';
import type { CommittedOffset } from './committed-offset.ts';
import type { Coordinator, CoordinatorOptions } from './coordinator.ts';
import { groupError } from './group-errors.ts';

/** A coordinator takes no more in one request. */
export const OFFSETS_PER_REQUEST = 10_000;

/** @param wanted undefined: everything @throws MoldauError */
export async function fetchCommitted(
  coordinator: Coordinator,
  wanted: readonly PartitionName[] | undefined,
  options: CoordinatorOptions,
): Promise<readonly CommittedOffset[]> {
  if (wanted === undefined) return await fetchOnce(coordinator, undefined, options);
  const found: CommittedOffset[] = [];
  for (let at = 0; at < wanted.length; at += OFFSETS_PER_REQUEST) {
    found.push(...(await fetchOnce(coordinator, wanted.slice(at, at + OFFSETS_PER_REQUEST), options)));
  }
  return found;
}

async function fetchOnce(
  coordinator: Coordinator,
  wanted: readonly PartitionName[] | undefined,
  options: CoordinatorOptions,
): Promise<readonly CommittedOffset[]> {
  const { groupId } = coordinator;
  const request = { groupId, all: wanted === undefined, topics: byTopic(wanted ?? []) };
  const response = await coordinator.askUntil(ApiService.fetchOffsets, request, ({ errorCode }) => errorCode, options);
  if (response.errorCode !== NO_ERROR) throw groupError(errorCodeFromNumber(response.errorCode), groupId);
  return response.offsets.map(committedOf);
}

function committedOf({ topic, partition, offset, leaderEpoch, metadata }: CommittedOnWire): CommittedOffset {
  return { topic, partition, offset: offset < 0 ? undefined : BigInt(offset), leaderEpoch, metadata };
}
