/** @platformatic/kafka. Run by the suite: node platformatic.mjs COMMAND OPTIONS */
import { readFileSync } from 'node:fs';
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  IncrementalAlterConfigOperationTypes,
  Producer,
} from '@platformatic/kafka';
import { administer, namesOf, obey, say, stopped, tellRecord, wantedTogether } from './lines.mjs';

function base({ bootstrap }) {
  // By itself it gives up before a busy machine has found another leader.
  return { clientId: 'interop', bootstrapBrokers: bootstrap.split(','), autocreateTopics: true, retries: 10 };
}

function version() {
  // It exports no package.json.
  const file = new URL('../package.json', import.meta.resolve('@platformatic/kafka'));
  say({ version: JSON.parse(readFileSync(file, 'utf8')).version });
}

async function produce(options) {
  const { topic, compression = 'none', idempotent = false } = options;
  const producer = new Producer({ ...base(options), compression, idempotent, acks: -1 });
  for await (const records of wantedTogether()) {
    const messages = records.map(({ key, value, headers, timestamp }) => ({
      topic,
      ...(key !== null && { key }),
      ...(value !== null && { value }),
      headers: new Map(headers.map(([name, data]) => [Buffer.from(name), data])),
      ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
    }));
    try {
      const { offsets } = await producer.send({ messages });
      // It tells the first offset of each partition alone.
      const isOne = offsets?.length === 1;
      for (const [at, { index }] of records.entries()) {
        say({ sent: index, ...(isOne && { partition: offsets[0].partition, offset: Number(offsets[0].offset) + at }) });
      }
    } catch (error) {
      for (const { index } of records) say({ failed: index, error: namesOf(error).join(' ') });
    }
  }
  await producer.close();
}

async function consume(options) {
  const { topics, count, timestamp } = options;
  const consumer = new Consumer({ ...base(options), groupId: `consume-${process.pid}-${Date.now()}` });
  const places = timestamp === undefined ? { mode: 'earliest' } : await placesAt(consumer, options);
  const stream = await consumer.consume({ topics, autocommit: false, maxWaitTime: 200, ...places });
  const late = setTimeout(() => process.exit(1), 60_000);
  let missing = count;
  for await (const message of stream) {
    tell(message);
    if (--missing === 0) break;
  }
  clearTimeout(late);
  await consumer.close(true);
}

async function placesAt(consumer, { topics, timestamp }) {
  const found = await consumer.listOffsets({ topics, timestamp: BigInt(timestamp) });
  const offsets = [...found].flatMap(([topic, all]) => all.map((offset, partition) => ({ topic, partition, offset })));
  return { mode: 'manual', offsets };
}

async function member(options) {
  const instance = options.instance === undefined ? {} : { groupInstanceId: options.instance };
  const consumer = new Consumer({ ...base(options), ...instance, groupId: options.group });
  consumer.on('consumer:group:join', ({ assignments }) => {
    say({ assigned: (assignments ?? []).flatMap(({ partitions }) => partitions) });
  });
  const stream = await consumer.consume({
    topics: [options.topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: 200,
    maxWaitTime: 200,
    ...(options.assignor !== undefined && { protocols: [{ name: options.assignor, version: 1 }] }),
    sessionTimeout: options.sessionMs,
    heartbeatInterval: options.heartbeatMs,
  });
  stream.on('data', tell);
  await stopped();
  // Commits what was read.
  await stream.close();
  await consumer.close();
}

function tell({ topic, partition, offset, timestamp, key, value, headerEntries }) {
  tellRecord({ topic, partition, offset, timestamp, key, value, headers: headerEntries });
}

async function admin(options) {
  const client = new Admin(base(options));
  const resource = (topic) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic });
  const actions = {
    create: async (topic, partitions, replicas, given) => {
      const configs = Object.entries(given).map(([name, value]) => ({ name, value }));
      await client.createTopics({ topics: [topic], partitions, replicas, configs });
    },
    topics: () => client.listTopics(),
    describe: async (topic) => {
      const { topics } = await client.metadata({ topics: [topic], forceUpdate: true });
      const { partitions } = topics.get(topic);
      return { partitions: partitions.length, replicas: partitions[0].replicas.length };
    },
    config: async (topic, name) => {
      const [{ configs }] = await client.describeConfigs({ resources: [resource(topic)] });
      return configs.find((config) => config.name === name).value;
    },
    alter: (topic, name, value) => {
      const configs = [{ name, value, configOperation: IncrementalAlterConfigOperationTypes.SET }];
      return client.incrementalAlterConfigs({ resources: [{ ...resource(topic), configs }] });
    },
    grow: (topic, count) => client.createPartitions({ topics: [{ name: topic, count }] }),
    trim: async (topic, offset) => {
      const partitions = [{ partition: 0, offset: BigInt(offset) }];
      const [{ partitions: trimmed }] = await client.deleteRecords({ topics: [{ name: topic, partitions }] });
      return Number(trimmed[0].lowWatermark);
    },
    commit: (groupId, topic, offset) => {
      const partitionOffsets = [{ partition: 0, offset: BigInt(offset) }];
      return client.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
    },
    committed: async (group, topic) => {
      const [{ topics }] = await client.listConsumerGroupOffsets({ groups: [group] });
      const offset = topics.find(({ name }) => name === topic)?.partitions[0]?.committedOffset ?? -1n;
      return offset < 0n ? null : Number(offset);
    },
    uncommit: async (groupId, topic) => {
      await client.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] });
    },
    delete: (topic) => client.deleteTopics({ topics: [topic] }),
    groups: async () => [...(await client.listGroups()).keys()],
    group: async (group) => {
      const described = (await client.describeGroups({ groups: [group] })).get(group);
      return { state: described.state.toLowerCase(), members: described.members.size };
    },
    forget: (group) => client.deleteGroups({ groups: [group] }),
  };
  await administer(actions, options.steps);
  await client.close();
}

await obey({ version, produce, consume, member, admin });
