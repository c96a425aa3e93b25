import { present, utf8Decode } from '@moldau/base';
import type { PartitionState } from '@moldau/metadata';
import { readBatchRecords, splitBatches } from '@moldau/records';
import { SimRandom } from '@moldau/sim';
import { BrokerWorld, batchOf, type TestProducer } from './broker-world.ts';
import { FaultReaders } from './fault-readers.ts';

const BROKERS = [1, 2, 3];
const STEPS = 40;

/**
 * One seed: batches with acks=all to whoever leads while brokers die, are cut off and leadership moves; then everything
 * heals. What was acknowledged must be read back where it was acknowledged, once, and all replicas must be the same. What a
 * consumer was shown meanwhile, at whichever replica, must be there too.
 *
 * @returns what is wrong, and how many records followers gave
 */
export async function faultRun(
  seed: string,
  bugs: readonly string[] = [],
): Promise<{ readonly wrong: string | undefined; readonly fromFollowers: number }> {
  const random = new SimRandom(`faults ${seed}`);
  const durability = random.between(0, 2) < 1 ? 'flushed' : 'replicated';
  const world = new BrokerWorld(seed, bugs, {}, {});
  await world.open(3);
  const topicId = world.controller.createTopic('t', [[1, 2, 3]], {
    durability,
    'retention.ms': '-1',
  });
  const sent = new Map<string, { readonly producer: TestProducer; readonly correlation: number }>();
  const producers = new Map<number, TestProducer>();
  const readers = new FaultReaders(world, new SimRandom(`readers ${seed}`), topicId);
  const done = (wrong: string | undefined): { wrong: string | undefined; fromFollowers: number } => {
    return { wrong, fromFollowers: readers.fromFollowers };
  };
  let count = 0;
  for (let step = 0; step < STEPS; step++) {
    await world.run(random.between(1, 400));
    for (const id of BROKERS) {
      if (world.node(id).broker === undefined || world.replica(id, topicId)?.role !== 'leader') continue;
      let producer = producers.get(id);
      if (producer === undefined || producer.closed !== undefined) {
        producer = world.producer(id);
        producers.set(id, producer);
      }
      for (let batch = Math.floor(random.between(1, 6)); batch > 0; batch--) {
        const text = `${count++}`;
        const value = random.between(0, 4) < 1 ? text.padEnd(2000, '.') : text;
        sent.set(value, { producer, correlation: producer.send(topicId, batchOf([value])) });
      }
    }
    await world.run(random.between(0, pick(random, [3, 30])));
    const wrong = await readers.step(BROKERS);
    if (wrong !== undefined) return done(wrong);
    await inflict(world, random, topicId, durability);
  }
  await heal(world);
  // A `replicated` topic may run out of replicas that are known to have everything: it waits for an operator then.
  const isLost = (): boolean => {
    const { isr, elr } = world.controller.image.topics.get(topicId)?.partitions[0] ?? { isr: [], elr: [] };
    return durability === 'replicated' && isr.length + elr.length === 0;
  };
  await world.until(() => settled(world, topicId) || isLost());
  if (isLost()) return done(undefined);
  return done(await judge(world, topicId, sent, readers.shown));
}

async function inflict(world: BrokerWorld, random: SimRandom, topicId: string, durability: string): Promise<void> {
  const id = pick(random, BROKERS);
  const dead = BROKERS.filter((each) => world.node(each).broker === undefined);
  const kind = pick(random, [
    'kill',
    'kill',
    'restart',
    'restart',
    'cut',
    'cut',
    'heal',
    'reset',
    'move',
    'power',
    'none',
  ]);
  // What is only in memory is lost when all who have it lose it at once: that is what a `replicated` topic asked for.
  const isr = world.controller.image.topics.get(topicId)?.partitions[0]?.isr ?? [];
  const mayKill = !dead.includes(id) && (durability === 'flushed' || (dead.length === 0 && isr.length === 3));
  if (kind === 'kill' && mayKill) {
    world.kill(id);
    if (random.between(0, 2) < 1) world.node(id).disk.losePower();
  } else if (kind === 'power' && durability === 'flushed' && dead.length === 0) {
    for (const each of BROKERS) world.kill(each);
    for (const each of BROKERS) world.node(each).disk.losePower();
    for (const each of BROKERS) await world.startBroker(each);
  } else if (kind === 'restart' && dead[0] !== undefined) {
    await world.startBroker(dead[0]);
  } else if (kind === 'cut') {
    const other = pick(random, ['broker-1', 'broker-2', 'broker-3', 'controller']);
    if (other !== `broker-${id}`) world.network.partition(`broker-${id}`, other);
  } else if (kind === 'heal') {
    world.network.healAll();
  } else if (kind === 'reset') {
    world.network.reset(`broker-${id}`, `broker-${pick(random, BROKERS)}`);
  } else if (kind === 'move') {
    world.controller.moveLeader(topicId, 0, id);
  }
}

async function heal(world: BrokerWorld): Promise<void> {
  world.network.healAll();
  for (const id of BROKERS) if (world.node(id).broker === undefined) await world.startBroker(id);
}

function settled(world: BrokerWorld, topicId: string): boolean {
  const replicas = BROKERS.map((id) => world.replica(id, topicId));
  const leader = replicas.find((each) => each?.serves);
  if (leader === undefined || leader.isr.length < 3 || leader.highWatermark !== leader.endOffset) return false;
  return replicas.every((each) => each?.flushedEnd === leader.endOffset && each.endOffset === leader.endOffset);
}

async function judge(
  world: BrokerWorld,
  topicId: string,
  sent: ReadonlyMap<string, { readonly producer: TestProducer; readonly correlation: number }>,
  shown: ReadonlyMap<number, string>,
): Promise<string | undefined> {
  const logs: Map<number, string>[] = [];
  for (const id of BROKERS) {
    // Each replica is read as a leader, so that all of its log is seen.
    const state = (): PartitionState | undefined => world.controller.image.topics.get(topicId)?.partitions[0];
    await world.until(() => state()?.isr.length === 3);
    if (state()?.leader !== id) world.controller.moveLeader(topicId, 0, id);
    const end = (): number => world.replica(id, topicId)?.endOffset ?? -1;
    await world.until(
      () => world.replica(id, topicId)?.serves === true && world.replica(id, topicId)?.isr.length === 3,
    );
    const consumer = world.consumer(id);
    consumer.subscribe(topicId, { offset: 0, creditBytes: 100_000_000 });
    await world.until(() => consumer.count() === end());
    const log = new Map<number, string>();
    for (const push of consumer.pushes) {
      for (const { header, position } of splitBatches(push.records)) {
        const batch = push.records.subarray(position, position + header.sizeBytes);
        for (const record of readBatchRecords(batch, header)) {
          log.set(record.offset, utf8Decode(present(record.value, 'a value')));
        }
      }
    }
    logs.push(log);
  }
  for (const log of logs.slice(1)) {
    for (const [offset, value] of logs[0] ?? []) {
      if (log.get(offset) !== value) return `replicas differ at offset ${offset}: ${value} and ${log.get(offset)}`;
    }
  }
  for (const [offset, value] of shown) {
    const found = logs[0]?.get(offset);
    if (found !== value) return `${value} was shown at offset ${offset}, there is ${found}`;
  }
  for (const [value, { producer, correlation }] of sent) {
    const result = producer.results.get(correlation);
    if (result?.errorCode !== 0) continue;
    const found = logs[0]?.get(result.baseOffset);
    if (found !== value) return `${value} was acknowledged at offset ${result.baseOffset}, there is ${found}`;
  }
  return undefined;
}

function pick<T>(random: SimRandom, values: readonly T[]): T {
  return present(values[Math.floor(random.between(0, values.length))], 'a choice');
}
