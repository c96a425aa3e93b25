import { type ErrorCode, errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import { fetch, type RequestInput, type ResponseOf, ZERO_UUID } from '@moldau/protocol';
import type { KafkaLink } from './kafka-link.ts';

const BYTES_MAX = 1_000_000;
const PARTITION_BYTES_MAX = 100_000;
/** Beyond how long the broker may wait. */
const TIMEOUT_MS = 3_000;
/** The last version that names topics by name, and the first with sessions. */
const BY_NAME_MAX = 12;
const SESSIONS_FROM = 7;
const FIRST_EPOCH = 0;
const EPOCH_MAX = 2 ** 31 - 1;
/** The session is not what this side believes: it begins anew. */
const SESSION_CODES: readonly ErrorCode[] = [
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
];

/** A partition as it is asked for. */
export interface WantedFetch {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly lastFetchedEpoch: number;
  /** Whether the one who is asked is believed to lead: of the others not every word counts. */
  readonly isOfLeader: boolean;
}

type FetchedPartition = ResponseOf<typeof fetch>['responses'][number]['partitions'][number];
type TopicAsked = RequestInput<typeof fetch>['topics'][number];

export interface FetchAnswer {
  readonly partitions: readonly { readonly wanted: WantedFetch; readonly told: FetchedPartition }[];
  readonly endpoints: ResponseOf<typeof fetch>['nodeEndpoints'];
}

/** The fetches of one connection, as a session (KIP-227): only what has changed is said. */
export class FetchSession {
  readonly #link: KafkaLink;
  readonly #known = new Map<string, WantedFetch>();
  #sessionId = 0;
  #epoch = FIRST_EPOCH;

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  /** @throws LinkLost */
  async fetch(wanted: readonly WantedFetch[], waitMs: number): Promise<FetchAnswer> {
    const isById = wanted.every(({ topicId }) => topicId !== ZERO_UUID);
    const names = new Map(wanted.map((each) => [keyOf(each), each]));
    const isWhole = this.#epoch === FIRST_EPOCH;
    const asked = isWhole ? wanted : wanted.filter((each) => !sameFetch(this.#known.get(keyOf(each)), each));
    const forgotten = isWhole ? [] : [...this.#known.values()].filter((each) => !names.has(keyOf(each)));
    const answer = await this.#link.ask(
      fetch,
      (version) => ({
        maxWaitMs: waitMs,
        minBytes: 1,
        maxBytes: BYTES_MAX,
        topics: (version >= SESSIONS_FROM ? asked : wanted).map(askedTopic),
        ...(version >= SESSIONS_FROM && {
          sessionId: this.#sessionId,
          sessionEpoch: this.#epoch,
          forgottenTopicsData: forgotten.map(({ topic, topicId, partition }) => {
            return { topic, topicId, partitions: [partition] };
          }),
        }),
      }),
      { timeoutMs: TIMEOUT_MS + waitMs, ...(!isById && { versionMax: BY_NAME_MAX }) },
    );
    const code = errorCodeFromNumber(answer.errorCode);
    if (answer.errorCode !== NO_ERROR) {
      if (!SESSION_CODES.includes(code)) throw new Error(`Fetch is answered with ${code}`);
      this.#restart();
      return { partitions: [], endpoints: [] };
    }
    this.#follow(wanted, answer.sessionId);
    const partitions = answer.responses.flatMap(({ topic, topicId, partitions: all }) =>
      all.map((told) => {
        const found = wanted.find((each) => {
          return (
            each.partition === told.partitionIndex && (topic === '' ? each.topicId === topicId : each.topic === topic)
          );
        });
        if (found === undefined)
          throw new Error(`Fetch answers of ${topic || topicId}/${told.partitionIndex}, unasked`);
        return { wanted: found, told };
      }),
    );
    return { partitions, endpoints: answer.nodeEndpoints };
  }

  #follow(wanted: readonly WantedFetch[], sessionId: number): void {
    if (sessionId === 0) {
      this.#restart();
      return;
    }
    this.#sessionId = sessionId;
    this.#epoch = this.#epoch === EPOCH_MAX ? 1 : this.#epoch + 1;
    this.#known.clear();
    for (const each of wanted) this.#known.set(keyOf(each), each);
  }

  #restart(): void {
    this.#sessionId = 0;
    this.#epoch = FIRST_EPOCH;
    this.#known.clear();
  }
}

function askedTopic({ topic, topicId, partition, offset, leaderEpoch, lastFetchedEpoch }: WantedFetch): TopicAsked {
  const at = {
    partition,
    fetchOffset: offset,
    currentLeaderEpoch: leaderEpoch,
    partitionMaxBytes: PARTITION_BYTES_MAX,
  };
  return { topic, topicId, partitions: [{ ...at, lastFetchedEpoch }] };
}

function keyOf({ topic, partition }: WantedFetch): string {
  return `${topic}/${partition}`;
}

function sameFetch(left: WantedFetch | undefined, right: WantedFetch): boolean {
  return (
    left?.offset === right.offset &&
    left.leaderEpoch === right.leaderEpoch &&
    left.lastFetchedEpoch === right.lastFetchedEpoch &&
    left.topicId === right.topicId
  );
}
