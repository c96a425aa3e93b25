import type { AbortSignalLike, Offset } from '@moldau/base';
import { ApiService } from '@moldau/proto';
import { askLeaders, type LeaderSource } from './leader-calls.ts';

/** Kafka's special timestamps. */
export const LATEST = -1;
export const EARLIEST = -2;

/** Where in a partition: Unix ms, {@link LATEST} or {@link EARLIEST}. */
export interface OffsetQuery {
  readonly topic: string;
  readonly partition: number;
  readonly timestamp: number;
}

export interface FoundOffset {
  /** -1: no record is that young. */
  readonly offset: Offset;
  /** Unix ms of the record found; -1 for latest and earliest. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** In the order of the queries. @throws MoldauError see {@link askLeaders} */
export async function listOffsets(
  source: LeaderSource,
  queries: readonly OffsetQuery[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike | undefined },
): Promise<readonly FoundOffset[]> {
  const { metadata } = source;
  const found = await askLeaders(source, queries, {
    ...options,
    what: 'offsets',
    call: async (channel, asked, timeoutMs) => {
      const items = asked.map(({ topic, partition, timestamp }) => ({
        topicId: metadata.topic(topic)?.topicId ?? '',
        partition,
        leaderEpoch: metadata.leader(topic, partition)?.leaderEpoch ?? -1,
        timestamp,
      }));
      return (await channel.call(ApiService.listOffsets, { items }, { timeoutMs })).results;
    },
  });
  return queries.map((query) => found.get(query) ?? { offset: -1, timestamp: -1, leaderEpoch: -1 });
}
