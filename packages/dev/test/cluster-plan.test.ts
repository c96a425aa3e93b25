import { describe, expect, test } from 'vitest';
import {
  type ClusterOptions,
  checkOptions,
  newIdentity,
  nodeProperties,
  planNodes,
} from '../src/supervisor/cluster-plan.ts';

const OPTIONS: ClusterOptions = { data: '/d', brokers: 3, controllers: 3, port: undefined };
const free = async (count: number): Promise<number[]> => Array.from({ length: count }, (_, i) => 50_000 + i);
const identity = (options: Partial<ClusterOptions> = {}): ReturnType<typeof newIdentity> =>
  newIdentity('c'.repeat(22), { ...OPTIONS, ...options }, free);

describe('addresses', () => {
  const table = async (options: Partial<ClusterOptions>): Promise<string[]> =>
    planNodes(await identity(options), { ...OPTIONS, ...options }).map(({ name, grpcPort, adminPort, kafkaPort }) =>
      [name, grpcPort, adminPort, ...(kafkaPort ? [kafkaPort] : [])].join(' '),
    );

  test('the usual ones', async () => {
    expect(await table({})).toEqual([
      'controller-11 19090 19653',
      'controller-12 19091 19654',
      'controller-13 19092 19655',
      'broker-1 19100 19644 9092',
      'broker-2 19101 19645 9093',
      'broker-3 19102 19646 9094',
    ]);
  });

  test('a first port moves all of them', async () => {
    expect(await table({ port: 7000, brokers: 2, controllers: 1 })).toEqual([
      'controller-11 7002 7005',
      'broker-1 7000 7003 7006',
      'broker-2 7001 7004 7007',
    ]);
  });

  test('port 0 takes what is free', async () => {
    expect(await table({ port: 0, brokers: 1, controllers: 1 })).toEqual([
      'controller-11 50001 50003',
      'broker-1 50000 50002 50004',
    ]);
  });
});

test.each<[Partial<ClusterOptions>, string]>([
  [{ brokers: 0 }, '--brokers must be from 1 to 9, not 0'],
  [{ brokers: 1.5 }, '--brokers must be from 1 to 9, not 1.5'],
  [{ controllers: 2 }, '--controllers must be 1, 3 or 5, not 2'],
  [{ port: 65_530 }, '--port must be from 0 to 65520, not 65530'],
  [{ kafkaPorts: [9092, Number.NaN] }, '--kafka-ports must be different ports from 1 to 65535, not 9092,NaN'],
  [{ kafkaPorts: [9092, 9092] }, '--kafka-ports must be different ports from 1 to 65535, not 9092,9092'],
])('%o is refused', (options, message) => {
  expect(() => checkOptions({ ...OPTIONS, ...options })).toThrow(message);
});

describe('a second start', () => {
  test('without options is like the first', async () => {
    const kept = await identity({ brokers: 2, controllers: 1, port: 7000 });
    expect(planNodes(kept, { data: '/d' }).map(({ name }) => name)).toEqual(['controller-11', 'broker-1', 'broker-2']);
  });

  test('may have other brokers', async () => {
    expect(planNodes(await identity(), { ...OPTIONS, brokers: 4 })).toHaveLength(7);
  });

  test.each<[Partial<ClusterOptions>, string]>([
    [{ controllers: 1 }, '/d holds a cluster of 3 controllers, and --controllers asks for 1'],
    [{ port: 7000 }, '/d holds a cluster whose ports begin at 19100, and --port asks for 7000'],
  ])('%o contradicts the directory', async (options, message) => {
    const kept = await identity();
    expect(() => planNodes(kept, { ...OPTIONS, ...options })).toThrow(message);
  });

  test('asks for no more brokers than there are ports', async () => {
    const kept = await identity({ port: 7000 });
    expect(() => planNodes(kept, { ...OPTIONS, brokers: 4 })).toThrow(
      '/d was made with ports for 3 brokers, and --brokers asks for 4',
    );
  });
});

test('the file of a broker names its voters and its directories', async () => {
  const kept = await identity({ brokers: 1, controllers: 1 });
  const plan = planNodes(kept, { ...OPTIONS, brokers: 1, controllers: 1 });
  const broker = plan.find(({ role }) => role === 'broker');
  if (!broker) throw new Error('the plan has a broker');
  const text = nodeProperties(broker, { identity: kept, plan, settings: new Map([['log.level', 'debug']]) });
  expect(text.split('\n').slice(1)).toEqual([
    'process.roles=broker',
    'node.id=1',
    `cluster.id=${'c'.repeat(22)}`,
    'controller.quorum.voters=11@127.0.0.1:19090',
    'listeners=GRPC://127.0.0.1:19100,KAFKA://127.0.0.1:9092',
    'admin.listener=127.0.0.1:19644',
    'metadata.log.dir=/d/broker-1',
    'log.dirs=/d/broker-1/log',
    'default.replication.factor=1',
    'auto.create.topics.enable=true',
    'group.initial.rebalance.delay.ms=0',
    'max.connections.per.ip=10000',
    'log.level=debug',
    '',
  ]);
});
