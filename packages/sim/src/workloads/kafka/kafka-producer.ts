import {
  type ErrorCode,
  errorCodeFromNumber,
  isRetriable,
  NO_ERROR,
  type ProducerEpoch,
  type ProducerId,
  utf8Encode,
} from '@moldau/base';
import type { MoldauError } from '@moldau/client';
import { initProducerId, produce, type ResponseOf, ZERO_UUID } from '@moldau/protocol';
import { BatchBuilder } from '@moldau/records';
import { sleep } from '../client-machine.ts';
import type { RecordSender } from '../record-sender.ts';
import { LASTING_TOPICS } from '../topics.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { type KafkaLink, LinkLost } from './kafka-link.ts';
import { type LineBatch, ProducerLine } from './producer-line.ts';

const REQUEST_TIMEOUT_MS = 4_000;
const ACKS_ALL = -1;
const RETRY_MS_MAX = 200;
const LINGER_MS_MAX = 10;
/** How often deadlines are looked at. */
const EXPIRY_MS = 500;
/** The last version of Produce that names topics by name. */
const BY_NAME_MAX = 12;
/** Besides those that say of themselves that a repeat may succeed. */
const REPEATABLE: readonly ErrorCode[] = ['UNKNOWN_TOPIC_ID', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'];
/**
 * Said of a batch that came before one that is still to come again: to a new leader, which may never have heard of this producer.
 * Of the first one, they say that what the broker knew of the producer went with the old records of a topic.
 */
const OUT_OF_PLACE: readonly ErrorCode[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'];

type PartitionAnswer = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number];

interface Sending {
  readonly line: ProducerLine;
  readonly batch: LineBatch;
}

/** An idempotent producer with acks=all, as Kafka's clients are: five batches of a partition in flight, repeats in order. */
export class KafkaProducer implements RecordSender {
  readonly #cluster: KafkaCluster;
  readonly #deliveryMs: number;
  readonly #fail: (error: unknown) => void;
  readonly #lines = new Map<string, ProducerLine>();
  #identity: { readonly producerId: ProducerId; readonly producerEpoch: ProducerEpoch } | undefined;
  #isFlushDue = false;
  #isOver = false;
  /** It has lost track of a partition: no record is to follow, and what is under way is brought to its end. */
  isRetired = false;

  constructor(cluster: KafkaCluster, deliveryMs: number, fail: (error: unknown) => void) {
    this.#cluster = cluster;
    this.#deliveryMs = deliveryMs;
    this.#fail = fail;
    this.#identify().catch(fail);
    this.#expireLater();
  }

  send(
    topic: string,
    record: { readonly key: string; readonly value: string; readonly partition: number },
  ): Promise<{ readonly offset: bigint }> {
    const { key, value, partition } = record;
    const name = `${topic}/${partition}`;
    const line = this.#lines.get(name) ?? new ProducerLine({ topic, partition });
    this.#lines.set(name, line);
    const { clock } = this.#cluster.ports;
    const createdWallMs = Math.floor(clock.wallMs());
    const deadlineMs = clock.nowMs() + this.#deliveryMs;
    return new Promise((resolve, reject: (error: MoldauError) => void) => {
      const kept = (offset: bigint): void => resolve({ offset });
      line.add({ key, value, createdWallMs, deadlineMs, kept, failed: reject });
      this.#flushLater();
    });
  }

  async #identify(): Promise<void> {
    while (this.#identity === undefined && !this.#isOver) {
      try {
        const answer = await this.#cluster
          .any()
          .ask(initProducerId, () => ({ transactionalId: null, transactionTimeoutMs: 60_000 }), {
            timeoutMs: REQUEST_TIMEOUT_MS,
          });
        const { errorCode, producerId, producerEpoch } = answer;
        if (errorCode === NO_ERROR) this.#identity = { producerId, producerEpoch };
        else if (!isRetriable(errorCodeFromNumber(errorCode))) throw unexpected('InitProducerId', errorCode);
      } catch (error) {
        if (!(error instanceof LinkLost)) throw error;
      }
      await this.#pause();
    }
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    const { ports, random } = this.#cluster;
    ports.timers.after(LINGER_MS_MAX * (random.uint32() / 2 ** 32), () => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  /** One batch of each partition in a request, and as many requests as it takes. */
  #flush(): void {
    if (this.#identity === undefined) return;
    for (;;) {
      const requests = new Map<KafkaLink, Sending[]>();
      for (const line of this.#lines.values()) {
        const batch = line.next();
        if (batch === undefined) continue;
        const leader = this.#cluster.leader(line.at.topic, line.at.partition);
        if (leader === undefined) {
          line.failed(batch);
          this.#takeBack(line);
        } else requests.set(leader.link, [...(requests.get(leader.link) ?? []), { line, batch }]);
      }
      if (requests.size === 0) return;
      for (const [link, sendings] of requests) this.#request(link, sendings).catch(this.#fail);
    }
  }

  async #request(link: KafkaLink, sendings: readonly Sending[]): Promise<void> {
    const topicData = sendings.map(({ line, batch }) => {
      batch.wasSent = true;
      const { topic: name, partition: index } = line.at;
      const partitionData = [{ index, records: this.#encode(batch) }];
      return { name, topicId: this.#cluster.topicId(name), partitionData };
    });
    const knowsIds = topicData.every(({ topicId }) => topicId !== ZERO_UUID);
    try {
      const answer = await link.ask(produce, () => ({ acks: ACKS_ALL, timeoutMs: REQUEST_TIMEOUT_MS / 2, topicData }), {
        timeoutMs: REQUEST_TIMEOUT_MS,
        ...(!knowsIds && { versionMax: BY_NAME_MAX }),
      });
      // One entry for each that was asked, in the order of the request.
      for (const [index, sending] of sendings.entries()) {
        const told = answer.responses[index]?.partitionResponses[0];
        if (told === undefined) throw new Error('Produce does not answer for every partition');
        this.#answered(sending, told, answer.nodeEndpoints);
      }
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
      for (const { line, batch } of sendings) line.failed(batch);
    }
    for (const { line } of sendings) this.#takeBack(line);
    this.#flushLater();
  }

  #answered(
    { line, batch }: Sending,
    told: PartitionAnswer,
    endpoints: ResponseOf<typeof produce>['nodeEndpoints'],
  ): void {
    const { errorCode, baseOffset, currentLeader } = told;
    if (errorCode === NO_ERROR) {
      line.kept(batch, baseOffset);
      return;
    }
    const code = errorCodeFromNumber(errorCode);
    if (code === 'DUPLICATE_SEQUENCE_NUMBER') {
      line.kept(batch, -1);
      return;
    }
    const isEarly = OUT_OF_PLACE.includes(code) && !line.isFirst(batch);
    if (isRetriable(code) || REPEATABLE.includes(code) || isEarly) {
      this.#cluster.learn(line.at, currentLeader, endpoints);
      line.failed(batch);
    } else if (OUT_OF_PLACE.includes(code) && !LASTING_TOPICS.includes(line.at.topic)) {
      line.failed(batch);
      this.#abandon(line);
    } else throw unexpected(`Produce to ${line.at.topic}/${line.at.partition}`, errorCode);
  }

  #takeBack(line: ProducerLine): void {
    if (line.takeBack()) this.#sendAgain(line).catch(this.#fail);
  }

  async #sendAgain(line: ProducerLine): Promise<void> {
    await this.#pause();
    await this.#cluster.refresh([line.at.topic]);
    line.sendAgain();
    this.#flushLater();
  }

  #expireLater(): void {
    const { timers, clock } = this.#cluster.ports;
    timers.after(EXPIRY_MS, () => {
      for (const line of this.#lines.values()) if (line.expire(clock.nowMs())) this.#abandon(line);
      if (this.isRetired && [...this.#lines.values()].every(({ isEmpty }) => isEmpty)) {
        this.#isOver = true;
        this.#cluster.close();
      }
      if (!this.#isOver) this.#expireLater();
    });
  }

  #abandon(line: ProducerLine): void {
    line.end();
    this.#lines.delete(`${line.at.topic}/${line.at.partition}`);
    this.isRetired = true;
  }

  #encode({ baseSequence, records }: LineBatch): Uint8Array {
    const { producerId, producerEpoch } = this.#identity ?? { producerId: -1, producerEpoch: -1 };
    const builder = new BatchBuilder({ producer: { producerId, producerEpoch, baseSequence } });
    for (const { key, value, createdWallMs } of records) {
      builder.append({ key: utf8Encode(key), value: utf8Encode(value), headers: [] }, createdWallMs);
    }
    return builder.finish(this.#cluster.ports.checksum);
  }

  #pause(): Promise<void> {
    const { ports, random } = this.#cluster;
    return sleep(ports, 20 + (RETRY_MS_MAX * random.uint32()) / 2 ** 32);
  }
}

function unexpected(what: string, errorCode: number): Error {
  return new Error(`${what} is answered with ${errorCodeFromNumber(errorCode)} (${errorCode})`);
}
