import { type Clock, type ErrorCode, type Offset, type Random, randomInteger, type TopicId } from '@moldau/base';
import type { fetch, RequestOf } from '@moldau/protocol';

// Fetch sessions (KIP-227): a consumer of many partitions names only what changes, and is told only what is new. A session
// is a convenience: one that is not known any more costs its consumer one whole request.

/** Sessions of a broker (Kafka's `max.incremental.fetch.session.cache.slots`). */
const SESSIONS_MAX = 1000;
/** Of all sessions together, 300 bytes each. */
const PARTITIONS_MAX = 250_000;
/** Unused for so long, a session makes room for a new one. */
const EVICT_AFTER_MS = 120_000;
const SESSION_ID_END = 2 ** 31;
const EPOCH_MAX = 2 ** 31 - 1;
const NO_SESSION = 0;
const FIRST_EPOCH = 0;
const LAST_EPOCH = -1;
const SESSIONS_FROM_VERSION = 7;
const TOPIC_IDS_FROM_VERSION = 13;

type FetchRequest = RequestOf<typeof fetch>;

/** A partition that is to be read, of a session or of one request. */
export interface WantedPartition {
  readonly name: string;
  readonly topicId: TopicId;
  readonly partition: number;
  readonly offset: Offset;
  readonly leaderEpoch: number;
  readonly lastFetchedEpoch: number;
  readonly bytesMax: number;
}

/** What the consumer was told last of a partition of its session. */
export interface ToldOffsets {
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

export class FetchSession {
  readonly sessionId: number;
  readonly usesTopicIds: boolean;
  /** In the order in which they are read: what had records goes behind the others. */
  readonly partitions: Map<string, WantedPartition> = new Map();
  readonly told: Map<string, ToldOffsets> = new Map();
  epoch = 1;
  usedMs: number;

  constructor(sessionId: number, usesTopicIds: boolean, nowMs: number) {
    this.sessionId = sessionId;
    this.usesTopicIds = usesTopicIds;
    this.usedMs = nowMs;
  }

  moveBehind(key: string): void {
    const wanted = this.partitions.get(key);
    if (wanted === undefined) return;
    this.partitions.delete(key);
    this.partitions.set(key, wanted);
  }
}

/** What a request asks for, with its session. */
export type OpenedFetch =
  | { readonly kind: 'refused'; readonly code: ErrorCode }
  /** All is answered. With a session, it begins here. */
  | { readonly kind: 'full'; readonly wanted: readonly WantedPartition[]; readonly session: FetchSession | undefined }
  /** Only news is answered. */
  | { readonly kind: 'incremental'; readonly wanted: readonly WantedPartition[]; readonly session: FetchSession };

export function partitionKey(of: {
  readonly name: string;
  readonly topicId: TopicId;
  readonly partition: number;
}): string {
  return `${of.name} ${of.topicId} ${of.partition}`;
}

export class FetchSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  /** The longest unused first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitions = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  open(request: FetchRequest, apiVersion: number): OpenedFetch {
    const { sessionId, sessionEpoch } = request;
    const usesTopicIds = apiVersion >= TOPIC_IDS_FROM_VERSION;
    if (apiVersion < SESSIONS_FROM_VERSION) return { kind: 'full', wanted: wantedOf(request), session: undefined };
    if (sessionEpoch === FIRST_EPOCH || sessionEpoch === LAST_EPOCH) {
      this.#remove(this.#sessions.get(sessionId));
      const wanted = wantedOf(request);
      const session = sessionEpoch === FIRST_EPOCH ? this.#create(wanted, usesTopicIds) : undefined;
      return { kind: 'full', wanted, session };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { kind: 'refused', code: 'FETCH_SESSION_ID_NOT_FOUND' };
    if (session.epoch !== sessionEpoch) return { kind: 'refused', code: 'INVALID_FETCH_SESSION_EPOCH' };
    if (session.usesTopicIds !== usesTopicIds) return { kind: 'refused', code: 'FETCH_SESSION_TOPIC_ID_ERROR' };
    this.#update(session, request);
    if (session.partitions.size === 0) {
      this.#remove(session);
      return { kind: 'full', wanted: [], session: undefined };
    }
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1;
    session.usedMs = this.#clock.nowMs();
    this.#sessions.delete(session.sessionId);
    this.#sessions.set(session.sessionId, session);
    return { kind: 'incremental', wanted: [...session.partitions.values()], session };
  }

  #create(wanted: readonly WantedPartition[], usesTopicIds: boolean): FetchSession | undefined {
    const nowMs = this.#clock.nowMs();
    const isFull = (): boolean =>
      this.#sessions.size >= SESSIONS_MAX || this.#partitions + wanted.length > PARTITIONS_MAX;
    for (const oldest of this.#sessions.values()) {
      if (!isFull() || nowMs - oldest.usedMs < EVICT_AFTER_MS) break;
      this.#remove(oldest);
    }
    if (wanted.length === 0 || isFull()) return undefined;
    let sessionId = NO_SESSION;
    while (sessionId === NO_SESSION || this.#sessions.has(sessionId)) {
      sessionId = randomInteger(this.#random, 1, SESSION_ID_END);
    }
    const session = new FetchSession(sessionId, usesTopicIds, nowMs);
    for (const each of wanted) session.partitions.set(partitionKey(each), each);
    this.#sessions.set(sessionId, session);
    this.#partitions += session.partitions.size;
    return session;
  }

  #update(session: FetchSession, request: FetchRequest): void {
    const before = session.partitions.size;
    for (const { topic: name, topicId, partitions } of request.forgottenTopicsData) {
      for (const partition of partitions) {
        const key = partitionKey({ name, topicId, partition });
        session.partitions.delete(key);
        session.told.delete(key);
      }
    }
    for (const each of wantedOf(request)) {
      const isRoom = this.#partitions + session.partitions.size - before < PARTITIONS_MAX;
      const key = partitionKey(each);
      if (isRoom || session.partitions.has(key)) session.partitions.set(key, each);
    }
    this.#partitions += session.partitions.size - before;
  }

  #remove(session: FetchSession | undefined): void {
    if (session === undefined || !this.#sessions.delete(session.sessionId)) return;
    this.#partitions -= session.partitions.size;
  }
}

function wantedOf({ topics }: FetchRequest): WantedPartition[] {
  return topics.flatMap(({ topic: name, topicId, partitions }) =>
    partitions.map((each) => ({
      name,
      topicId,
      partition: each.partition,
      offset: each.fetchOffset,
      leaderEpoch: each.currentLeaderEpoch,
      lastFetchedEpoch: each.lastFetchedEpoch,
      bytesMax: Math.max(1, each.partitionMaxBytes),
    })),
  );
}
