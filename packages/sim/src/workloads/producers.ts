import type { Ports } from '@moldau/base';
import { topicPartitionKey } from '@moldau/base';
import { type Client, type ClientErrorCode, string } from '@moldau/client';
import { recordValue } from '../history/history.ts';
import type { SimRandom } from '../ports/sim-random.ts';
import type { Machine } from '../world/machine.ts';
import { clientMachine, expectMoldauError } from './client-machine.ts';
import type { WorkloadContext } from './context.ts';
import { failUnlessPlanted, kafkaMachine } from './kafka/kafka-machine.ts';
import { KafkaProducer } from './kafka/kafka-producer.ts';
import type { RecordSender } from './record-sender.ts';
import { LASTING_TOPICS } from './topics.ts';

/** From `send` to the end; longer than the faults, so that most records are acknowledged in the end. */
const DELIVERY_TIMEOUT_MS = 25_000;
const REQUEST_TIMEOUT_MS = 4_000;
/** Records waiting or on their way; beyond it a producer pauses, as a program with a bounded queue does. */
const PENDING_MAX = 200;
/** Of producers, those that do without idempotence and wait for the leader alone. */
const UNPROMISING_SHARE = 0.15;
/** Of the times between two records, those that are long: partitions that stand still show other faults than busy ones. */
const PAUSE_SHARE = 0.01;
const PAUSE_MS_MAX = 4_000;
const VALUE_PADDING_BYTES_MAX = 400;
/** `INVALID_ARGUMENT`: the topic has grown, and the broker that the producer asked has not heard of it yet. */
const SEND_CODES: readonly ClientErrorCode[] = ['OUTCOME_UNKNOWN', 'INVALID_ARGUMENT'];
/** Of topics that come and go. A lasting one was there before the first record. */
const SEND_CODES_PASSING: readonly ClientErrorCode[] = [...SEND_CODES, 'UNKNOWN_TOPIC_OR_PARTITION'];
/** Said to be known: it was never written. */
const REFUSALS: readonly ClientErrorCode[] = ['TIMED_OUT', 'INVALID_ARGUMENT'];

/** One run of a producer: its records stand in the log in the order of their sequences. */
interface Session {
  readonly name: string;
  readonly sender: RecordSender;
  readonly isPromising: boolean;
  readonly sequences: Map<string, number>;
}

/** Sends records one after another to all topics, and remembers what it was told of each. */
export class ProducerWorkload {
  readonly machine: Machine<Client | undefined>;
  readonly #context: WorkloadContext;
  readonly #name: string;
  readonly #random: SimRandom;
  /** There is always one whose records count. */
  readonly #isFirst: boolean;
  #pending = 0;

  constructor(context: WorkloadContext, number: number) {
    const { world } = context;
    this.#context = context;
    this.#name = `p${number}`;
    this.#isFirst = number === 0;
    this.#random = world.random.fork(`workload ${this.#name}`);
    this.machine =
      number < world.options.kafkaProducers
        ? kafkaMachine(world, this.#name, (open, ports, life) => {
            const fail = (error: unknown): void => failUnlessPlanted(world, error);
            this.#run(ports, life, (name) => {
              const sender = new KafkaProducer(open(), DELIVERY_TIMEOUT_MS, fail);
              return { name, sender, isPromising: true, sequences: new Map() };
            });
          })
        : clientMachine(world, this.#name, (client, ports, life) => {
            this.#run(ports, life, (name) => this.#openSession(client, name));
          });
  }

  /** Records of the present life of which nothing is known yet. */
  get pending(): number {
    return this.machine.running ? this.#pending : 0;
  }

  #openSession(client: Client, name: string): Session {
    const isPromising = this.#isFirst || !this.#random.chance(UNPROMISING_SHARE);
    if (!isPromising) this.#context.history.addUnpromising(name);
    const producer = client.producer({
      key: string(),
      value: string(),
      acks: isPromising ? 'all' : 1,
      lingerMs: this.#random.chance(0.5) ? 0 : this.#random.between(0, 10),
      deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    const sender: RecordSender = { send: (topic, record) => producer.send(topic, record), isRetired: false };
    return { name, sender, isPromising, sequences: new Map() };
  }

  #run(ports: Ports, life: number, open: (name: string) => Session): void {
    this.#pending = 0;
    let count = 0;
    let session = open(`${this.#name}.${life}.${count}`);
    const { recordsPerSecond } = this.#context.world.options;
    const next = (): void => {
      const isPause = this.#random.chance(PAUSE_SHARE);
      const delayMs = this.#random.between(0, isPause ? PAUSE_MS_MAX : 2_000 / recordsPerSecond);
      ports.timers.after(delayMs, () => {
        if (session.sender.isRetired) session = open(`${this.#name}.${life}.${++count}`);
        if (this.#context.loading && this.#pending < PENDING_MAX) this.#send(session);
        next();
      });
    };
    next();
  }

  #send({ name, sender, isPromising, sequences }: Session): void {
    const { topics, history, world } = this.#context;
    const names = topics.names();
    const topic = names[Math.floor(this.#random.between(0, names.length))];
    if (topic === undefined) return;
    const partition = Math.floor(this.#random.between(0, topics.get(topic)));
    const key = `${name}/${topic}/${partition}`;
    const sequence = sequences.get(key) ?? 0;
    sequences.set(key, sequence + 1);
    const value = recordValue({ key, sequence });
    const settle = history.sent({ key, sequence }, topic, partition);
    this.#pending++;
    const padding = 'x'.repeat(Math.floor(this.#random.between(0, VALUE_PADDING_BYTES_MAX)));
    const answered = sender.send(topic, { key: padding, value, partition }).then(
      ({ offset }) => {
        this.#pending--;
        if (!isPromising) return;
        world.coverage.acknowledgedRecords++;
        // A repeat of a batch that the broker has forgotten by now has no offset any more.
        if (offset < 0n) return settle({ kind: 'kept' });
        settle({ kind: 'acknowledged', partition, offset });
        const topicId = world.ghost.topicIds.get(topic) ?? '';
        const key = topicPartitionKey(topicId, partition);
        world.ghost.witness('acknowledged', key, { offset: Number(offset), value });
      },
      (error: unknown) => {
        this.#pending--;
        const { code } = expectMoldauError(
          world,
          error,
          LASTING_TOPICS.includes(topic) ? SEND_CODES : SEND_CODES_PASSING,
        );
        if (isPromising && REFUSALS.includes(code)) settle({ kind: 'refused' });
      },
    );
    answered.catch((error: unknown) => world.fail(error));
  }
}
