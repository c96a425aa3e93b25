import { type Ports, topicPartitionKey } from '@moldau/base';
import { type Client, type ClientErrorCode, type Consumer, string } from '@moldau/client';
import { consistentRead } from '../checkers/27-consistent-read.ts';
import { InvariantViolation } from '../checkers/checker.ts';
import type { Machine } from '../world/machine.ts';
import { clientMachine, expectMoldauError, READ_CODES, sleep } from './client-machine.ts';
import type { WorkloadContext } from './context.ts';
import { kafkaMachine } from './kafka/kafka-machine.ts';
import { readByKafka } from './kafka/kafka-reader.ts';
import { LASTING_TOPICS } from './topics.ts';

const RETRY_MS = 500;
const ASK_MS = 200;
/** One question is not repeated for long: there may be no leader, or one that does not know yet how far its log is replicated. */
const END_CODES: readonly ClientErrorCode[] = ['LEADER_NOT_AVAILABLE', 'OFFSET_NOT_AVAILABLE'];

/** Reads the lasting topics from their beginning, over and over, as long as it lives, and asks where they end. */
export class ConsumerWorkload {
  readonly machine: Machine<Client | undefined>;
  readonly #context: WorkloadContext;

  constructor(context: WorkloadContext) {
    this.#context = context;
    const { world } = context;
    const fail = (error: unknown): void => world.fail(error);
    this.machine = world.options.kafkaConsumer
      ? kafkaMachine(world, 'consumer', (open, ports) => readByKafka(context, open, ports))
      : clientMachine(world, 'consumer', (client, ports) => {
          this.#run(client, ports).catch(fail);
        });
  }

  async #run(client: Client, ports: Ports): Promise<void> {
    while (this.#context.loading) {
      try {
        await this.#read(client, ports);
      } catch (error) {
        const { code, topic = '', partition = 0, message } = expectMoldauError(this.#context.world, error, READ_CODES);
        if (code === 'LOG_TRUNCATED' && this.#isPromised(topic, partition)) {
          throw new InvariantViolation(consistentRead.name, `a consumer was told: ${message}`);
        }
      }
      await sleep(ports, RETRY_MS);
    }
  }

  async #read(client: Client, ports: Ports): Promise<void> {
    const { world } = this.#context;
    const consumer = client.consumer({
      key: string(),
      value: string(),
      assignments: LASTING_TOPICS.map((topic) => ({ topic, from: 'earliest' as const })),
    });
    const reading = { done: false };
    this.#askEnds(consumer, ports, reading).catch((error: unknown) => world.fail(error));
    try {
      for await (const { topic, partition, offset, value } of consumer) {
        const topicId = world.ghost.topicIds.get(topic) ?? '';
        const key = topicPartitionKey(topicId, partition);
        world.ghost.witness('consumed', key, { offset: Number(offset), value: value ?? '' });
      }
    } finally {
      reading.done = true;
      await consumer.close();
    }
  }

  /** Where the partitions end, over and over until the consumer is closed: a new leader may know less than the one before. */
  async #askEnds(consumer: Consumer<string, string>, ports: Ports, reading: { readonly done: boolean }): Promise<void> {
    while (!reading.done) {
      try {
        await consumer.endOffsets();
      } catch (error) {
        expectMoldauError(this.#context.world, error, END_CODES);
      }
      await sleep(ports, ASK_MS);
    }
  }

  #isPromised(topic: string, partition: number): boolean {
    const { ghost } = this.#context.world;
    return ghost.partition(topicPartitionKey(ghost.topicIds.get(topic) ?? '', partition)) !== undefined;
  }
}
