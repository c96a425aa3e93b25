import type { AbortSignalLike, Offset } from '@moldau/base';
import { ApiService } from '@moldau/proto';
import { askLeaders, type LeaderSource } from './leader-calls.ts';

/** Up to where the records of a partition go. */
export interface DeletionQuery {
  readonly topic: string;
  readonly partition: number;
  readonly beforeOffset: Offset;
}

/** Replicas that do not follow in this time are waited for with another call: the same deletion again changes nothing. */
const WAIT_SHARE = 0.8;

/** Where the logs begin then, in the order of the queries. @throws MoldauError see {@link askLeaders} */
export async function deleteRecords(
  source: LeaderSource,
  queries: readonly DeletionQuery[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike | undefined },
): Promise<readonly Offset[]> {
  const { metadata } = source;
  const found = await askLeaders(source, queries, {
    ...options,
    what: 'records deleted',
    call: async (channel, asked, timeoutMs) => {
      const items = asked.map(({ topic, partition, beforeOffset }) => ({
        topicId: metadata.topic(topic)?.topicId ?? '',
        partition,
        beforeOffset,
      }));
      const request = { items, timeoutMs: Math.floor(timeoutMs * WAIT_SHARE) };
      return (await channel.call(ApiService.deleteRecords, request, { timeoutMs })).results;
    },
  });
  return queries.map((query) => found.get(query)?.logStartOffset ?? -1);
}
