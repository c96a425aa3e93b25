import { type Random, randomInteger } from '@moldau/base';
import { APIS, type Api, encodeRequest, metadata, type RequestInput, ZERO_UUID } from '@moldau/protocol';
import { expect, test } from 'vitest';
import { BrokerWorld, batchOf } from './support/broker-world.ts';

/* Requests that are well-formed and mean nothing, and such with a few bytes changed: a broker survives them all. */

type Fields = Api['request'];
type Field = Fields[string];

const INTEGERS: Readonly<Record<string, readonly number[]>> = {
  int8: [-128, -1, 0, 1, 127],
  int16: [-32_768, -1, -1, -1, 0, 1, 32_767],
  uint16: [0, 9092, 65_535],
  int32: [-2_147_483_648, -1, 0, 0, 0, 0, 1, 5, 1_000_000, 2_147_483_647],
  int64: [Number.MIN_SAFE_INTEGER, -5, -2, -1, 0, 1, Number.MAX_SAFE_INTEGER],
  int64Clamped: [Number.MIN_SAFE_INTEGER, -5, -3, -2, -1, 0, 1, Number.MAX_SAFE_INTEGER],
  float64: [-1, 0, 0.5],
};

class Requests {
  readonly #random: Random;
  readonly #topicId: string;

  constructor(random: Random, topicId: string) {
    this.#random = random;
    this.#topicId = topicId;
  }

  of(fields: Fields): Record<string, unknown> {
    // Most of what may be left out is: few versions can say all of it.
    const given = Object.entries(fields).filter(
      ([, field]) => (field.default === undefined && !('tag' in field)) || this.pick([true, false, false, false]),
    );
    return Object.fromEntries(given.map(([name, field]) => [name, this.#value(field)]));
  }

  pick<T>(values: readonly T[]): T {
    const value = values[randomInteger(this.#random, 0, values.length)];
    if (value === undefined) throw new Error('there is something to choose from');
    return value;
  }

  #value(field: Field): unknown {
    // Null where some versions allow it, and not where all must have a value.
    if (field.nullable !== undefined && this.pick([true, false, false])) return null;
    if (field.type === 'struct') return this.of(field.fields);
    if (field.type !== 'array') return this.#scalar(field.type);
    const { of } = field;
    return Array.from({ length: this.pick([0, 1, 1, 2, 3]) }, () =>
      typeof of === 'string' ? this.#scalar(of) : this.of(of),
    );
  }

  #scalar(type: string): unknown {
    if (type === 'bool') return this.pick([true, false]);
    if (type === 'uuid') return this.pick([ZERO_UUID, this.#topicId, this.#topicId, `${'B'.repeat(21)}A`]);
    if (type === 'string' || type === 'prose')
      return this.pick(['', 't', 't', 't', '..', 'x'.repeat(300), 'a b', 'made']);
    if (type === 'bytes') return this.#random.bytes(10);
    if (type === 'records')
      return this.pick([batchOf(['a']), batchOf(['b']), batchOf(['a', 'b']).subarray(3), this.#random.bytes(80)]);
    return this.pick(INTEGERS[type] ?? [0]);
  }
}

test.each(['a', 'b', 'c', 'd'])('no request stops a broker: %s', async (seed) => {
  const world = new BrokerWorld(`fuzz ${seed}`, [], {}, { idleMs: 1000, firstRequestMs: 1000 });
  await world.open(2);
  const topicId = world.controller.createTopic('t', [[1], [2], [1, 2]]);
  world.controller.setClusterConfig('auto.create.topics.enable', 'true');
  await world.until(() => world.replica(1, topicId)?.serves === true);
  const { random } = world.client;
  const requests = new Requests(random, topicId);
  const served = [0, 1, 2, 3, 18, 22, 23, 60, 75].flatMap((key) => APIS.filter((api) => api.key === key));
  for (let round = 0; round < 400; round++) {
    const client = world.kafka(1);
    const api = requests.pick(served);
    const [first = 0, last = first] = api.versions.split('-').map(Number);
    const apiVersion = randomInteger(random, first, last + 1);
    try {
      const header = { apiVersion, correlationId: round, clientId: requests.pick([null, '', 'x']) };
      const frame = encodeRequest(api, header, requests.of(api.request) as RequestInput<Api>).flatMap((part) => [
        ...part,
      ]);
      // Behind the size, so that the frame stays one.
      const changes = requests.pick([0, 0, 1, 3]);
      for (let change = 0; change < changes; change++) {
        frame[randomInteger(random, 12, frame.length)] = requests.pick([0, 1, 127, 128, 255]);
      }
      client.raw(new Uint8Array(frame));
    } catch (error) {
      // It means something that this version cannot say.
      if (!(error instanceof Error && error.name === 'RequestError')) throw error;
    }
    if (round % 20 === 0) await world.run(200);
  }
  await world.run(70_000);
  const client = world.kafka(1);
  await expect(client.ask(metadata, 1, { topics: null })).resolves.toBeDefined();
  const samples = [...world.broker(1).metrics.samples()];
  const held = samples.find(({ name }) => name === 'moldau_broker_produce_in_flight_bytes')?.value;
  const reads = samples.find(({ name }) => name === 'moldau_broker_disk_reads')?.value;
  expect({ held, reads }).toEqual({ held: 0, reads: 0 });
});
