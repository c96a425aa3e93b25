import { type AbortSignalLike, NO_ERROR, type Offset } from '@moldau/base';
import { ApiService, type ListOffsetsResult } from '@moldau/proto';
import { errorFromCall, errorFromWire, MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { backoffMs, delay, throwIfAborted, within } from '../waiting.ts';
import type { ClusterMetadata } from './cluster-metadata.ts';
import type { Connections } from './connections.ts';

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

/** What looking up offsets needs. */
export interface OffsetSource {
  readonly ports: ClientPorts;
  readonly connections: Connections;
  readonly metadata: ClusterMetadata;
}

/** One call; a leader that is silent for longer is asked again, or its successor. */
const CALL_TIMEOUT_MS = 3_000;

/**
 * Asks each partition's leader, one call per broker, and again until all have answered. In the order of the queries.
 *
 * @throws MoldauError the first refusal that no retry can help, or what was wrong when the time was up
 */
export async function listOffsets(
  source: OffsetSource,
  queries: readonly OffsetQuery[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignalLike | undefined },
): Promise<readonly FoundOffset[]> {
  const { clock, timers, random } = source.ports;
  const { signal } = options;
  const deadlineMs = clock.nowMs() + options.timeoutMs;
  for (const { topic, partition } of queries) {
    const timeoutMs = deadlineMs - clock.nowMs();
    await source.metadata.awaitTopic(topic, { timeoutMs, signal, partitionsMin: partition + 1 });
  }
  const found = new Map<OffsetQuery, FoundOffset>();
  for (let attempts = 1; ; attempts++) {
    throwIfAborted(signal);
    const open = queries.filter((query) => !found.has(query));
    const failure = await within(timers, askLeaders(source, open, found), {
      timeoutMs: deadlineMs - clock.nowMs(),
      signal,
      late: () => new MoldauError('TIMED_OUT', `no offsets within ${options.timeoutMs} ms: a leader does not answer`),
    });
    if (failure === undefined) break;
    const waitMs = backoffMs(random, attempts);
    if (!failure.retriable || clock.nowMs() + waitMs >= deadlineMs) throw failure;
    source.metadata.refreshSoon();
    await delay(timers, waitMs, signal);
  }
  return queries.map((query) => found.get(query) ?? { offset: -1, timestamp: -1, leaderEpoch: -1 });
}

async function askLeaders(
  source: OffsetSource,
  queries: readonly OffsetQuery[],
  found: Map<OffsetQuery, FoundOffset>,
): Promise<MoldauError | undefined> {
  const byAddress = new Map<string, OffsetQuery[]>();
  let failure: MoldauError | undefined;
  for (const query of queries) {
    const leader = source.metadata.leader(query.topic, query.partition);
    if (leader === undefined) failure = noLeader(source.metadata, query);
    else byAddress.set(leader.address, [...(byAddress.get(leader.address) ?? []), query]);
  }
  const failures = await Promise.all([...byAddress].map(([address, asked]) => ask(source, address, asked, found)));
  return failures.find((each) => each !== undefined && !each.retriable) ?? failures.find(Boolean) ?? failure;
}

async function ask(
  source: OffsetSource,
  address: string,
  queries: readonly OffsetQuery[],
  found: Map<OffsetQuery, FoundOffset>,
): Promise<MoldauError | undefined> {
  const { metadata, connections } = source;
  const items = queries.map(({ topic, partition, timestamp }) => ({
    topicId: metadata.topic(topic)?.topicId ?? '',
    partition,
    leaderEpoch: metadata.leader(topic, partition)?.leaderEpoch ?? -1,
    timestamp,
  }));
  let results: readonly ListOffsetsResult[];
  try {
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    ({ results } = await connections.channel(address).call(ApiService.listOffsets, { items }, options));
  } catch (error) {
    const failure = errorFromCall(error);
    if (failure instanceof MoldauError) return failure;
    throw failure;
  }
  let failure: MoldauError | undefined;
  for (const [index, query] of queries.entries()) {
    const result = results[index];
    if (result?.errorCode === NO_ERROR) found.set(query, result);
    else failure = refusal(metadata, query, result) ?? failure;
  }
  return failure;
}

function refusal(metadata: ClusterMetadata, query: OffsetQuery, result: ListOffsetsResult | undefined): MoldauError {
  const { topic, partition } = query;
  metadata.learnLeader(topic, partition, result?.currentLeader);
  return errorFromWire(result?.errorCode ?? -1, result?.message ?? 'the broker left out an answer', {
    topic,
    partition,
  });
}

function noLeader(metadata: ClusterMetadata, { topic, partition }: OffsetQuery): MoldauError {
  const count = metadata.topic(topic)?.partitionCount ?? 0;
  if (count > 0 && partition >= count) {
    return new MoldauError('INVALID_ARGUMENT', `topic ${topic} has partitions 0 to ${count - 1}, not ${partition}`, {
      topic,
      partition,
    });
  }
  return new MoldauError('LEADER_NOT_AVAILABLE', `partition ${partition} of ${topic} has no leader now`, {
    topic,
    partition,
  });
}
