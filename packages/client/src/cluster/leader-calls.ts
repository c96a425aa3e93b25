import { type AbortSignalLike, NO_ERROR, type RpcChannel } from '@moldau/base';
import type { CurrentLeader } from '@moldau/proto';
import { errorFromCall, errorFromWire, MoldauError } from '../errors.ts';
import type { ClientPorts } from '../ports.ts';
import { backoffMs, delay, throwIfAborted, within } from '../waiting.ts';
import type { ClusterMetadata } from './cluster-metadata.ts';
import type { Connections } from './connections.ts';

/** What asking leaders needs. */
export interface LeaderSource {
  readonly ports: ClientPorts;
  readonly connections: Connections;
  readonly metadata: ClusterMetadata;
}

interface PartitionQuery {
  readonly topic: string;
  readonly partition: number;
}

interface LeaderResult {
  readonly errorCode: number;
  readonly message: string;
  readonly currentLeader: CurrentLeader | undefined;
}

export interface LeaderCall<Query, Result> {
  /** Asks one broker about partitions that it leads; results in the order of the queries. */
  readonly call: (channel: RpcChannel, queries: readonly Query[], timeoutMs: number) => Promise<readonly Result[]>;
  /** What is asked for, in the plural, for errors. */
  readonly what: string;
  /** For all attempts together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignalLike | undefined;
}

/** One call; a leader that is silent for longer is asked again, or its successor. */
const CALL_TIMEOUT_MS = 3_000;

/**
 * Asks each partition's leader, one call per broker, and again until all have answered.
 *
 * @throws MoldauError the first refusal that no retry can help, or what was wrong when the time was up
 */
export async function askLeaders<Query extends PartitionQuery, Result extends LeaderResult>(
  source: LeaderSource,
  queries: readonly Query[],
  how: LeaderCall<Query, Result>,
): Promise<ReadonlyMap<Query, Result>> {
  const { clock, timers, random } = source.ports;
  const { signal } = how;
  const deadlineMs = clock.nowMs() + how.timeoutMs;
  for (const { topic, partition } of queries) {
    const timeoutMs = deadlineMs - clock.nowMs();
    await source.metadata.awaitTopic(topic, { timeoutMs, signal, partitionsMin: partition + 1 });
  }
  const found = new Map<Query, Result>();
  for (let attempts = 1; ; attempts++) {
    throwIfAborted(signal);
    const open = queries.filter((query) => !found.has(query));
    const failure = await within(timers, askOnce(source, open, found, how), {
      timeoutMs: deadlineMs - clock.nowMs(),
      signal,
      late: () => new MoldauError('TIMED_OUT', `no ${how.what} within ${how.timeoutMs} ms: a leader does not answer`),
    });
    if (failure === undefined) return found;
    const waitMs = backoffMs(random, attempts);
    if (!failure.retriable || clock.nowMs() + waitMs >= deadlineMs) throw failure;
    source.metadata.refreshSoon();
    await delay(timers, waitMs, signal);
  }
}

async function askOnce<Query extends PartitionQuery, Result extends LeaderResult>(
  source: LeaderSource,
  queries: readonly Query[],
  found: Map<Query, Result>,
  how: LeaderCall<Query, Result>,
): Promise<MoldauError | undefined> {
  const byAddress = new Map<string, Query[]>();
  let failure: MoldauError | undefined;
  for (const query of queries) {
    const leader = source.metadata.leader(query.topic, query.partition);
    if (leader === undefined) failure = noLeader(source.metadata, query);
    else byAddress.set(leader.address, [...(byAddress.get(leader.address) ?? []), query]);
  }
  const failures = await Promise.all([...byAddress].map(([address, asked]) => ask(source, address, asked, found, how)));
  return failures.find((each) => each !== undefined && !each.retriable) ?? failures.find(Boolean) ?? failure;
}

async function ask<Query extends PartitionQuery, Result extends LeaderResult>(
  { metadata, connections }: LeaderSource,
  address: string,
  queries: readonly Query[],
  found: Map<Query, Result>,
  how: LeaderCall<Query, Result>,
): Promise<MoldauError | undefined> {
  let results: readonly Result[];
  try {
    results = await how.call(connections.channel(address), queries, CALL_TIMEOUT_MS);
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

function refusal(metadata: ClusterMetadata, query: PartitionQuery, result: LeaderResult | undefined): MoldauError {
  const { topic, partition } = query;
  metadata.learnLeader(topic, partition, result?.currentLeader);
  return errorFromWire(result?.errorCode ?? -1, result?.message ?? 'the broker left out an answer', {
    topic,
    partition,
  });
}

function noLeader(metadata: ClusterMetadata, { topic, partition }: PartitionQuery): MoldauError {
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
