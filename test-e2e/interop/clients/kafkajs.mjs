/** kafkajs. Run by the suite: node kafkajs.mjs COMMAND OPTIONS */
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import snappy from 'kafkajs-snappy';
import lz4 from 'lz4js';
import { administer, namesOf, obey, say, stopped, tellRecord, wantedTogether } from './lines.mjs';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, PartitionAssigners, Partitioners } = kafkajs;
// kafkajs has gzip itself and leaves the others to whoever uses it.
CompressionCodecs[CompressionTypes.Snappy] = snappy;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }) => Buffer.from(lz4.compress(buffer)),
  decompress: async (buffer) => Buffer.from(lz4.decompress(buffer)),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }) => zlib.zstdCompressSync(buffer),
  decompress: async (buffer) => zlib.zstdDecompressSync(buffer),
});
const CODECS = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' };

/** Its own assignor is Kafka's "roundrobin" under another name: by that one it shares a group with others. */
const ASSIGNORS = { roundrobin: (given) => ({ ...PartitionAssigners.roundRobin(given), name: 'roundrobin' }) };

function kafka({ bootstrap }) {
  return new Kafka({
    clientId: 'interop',
    brokers: bootstrap.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    // By itself it gives up before a busy machine has found another leader.
    retry: { retries: 10 },
  });
}

function version() {
  say({ version: createRequire(import.meta.url)('kafkajs/package.json').version });
}

async function produce(options) {
  const { topic, compression = 'none', idempotent = false } = options;
  const producer = kafka(options).producer({
    idempotent,
    createPartitioner: Partitioners.DefaultPartitioner,
    ...(idempotent && { maxInFlightRequests: 1 }),
  });
  await producer.connect();
  for await (const records of wantedTogether()) {
    const messages = records.map(({ key, value, headers, timestamp }) => ({
      key,
      value,
      headers: Object.fromEntries(headers),
      ...(timestamp !== undefined && { timestamp: String(timestamp) }),
    }));
    try {
      const compressionType = CompressionTypes[CODECS[compression]];
      const answers = await producer.send({ topic, messages, acks: -1, compression: compressionType });
      // It tells the first offset of each partition alone.
      const isOne = answers.length === 1;
      for (const [at, { index }] of records.entries()) {
        say({
          sent: index,
          ...(isOne && { partition: answers[0].partition, offset: Number(answers[0].baseOffset) + at }),
        });
      }
    } catch (error) {
      for (const { index } of records) say({ failed: index, error: namesOf(error).join(' ') });
    }
  }
  await producer.disconnect();
}

async function consume(options) {
  const { topics, count, timestamp } = options;
  const places = timestamp === undefined ? [] : await placesAt(options);
  const consumer = kafka(options).consumer({ groupId: `consume-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  let missing = count;
  const { promise: all, resolve } = Promise.withResolvers();
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      if (missing <= 0) return;
      tell(topic, partition, message);
      if (--missing === 0) resolve();
    },
  });
  for (const place of places) consumer.seek(place);
  await Promise.race([all, new Promise((later) => setTimeout(later, 60_000))]);
  await consumer.disconnect();
}

async function placesAt(options) {
  const admin = kafka(options).admin();
  await admin.connect();
  const found = [];
  for (const topic of options.topics) {
    const places = await admin.fetchTopicOffsetsByTimestamp(topic, options.timestamp);
    found.push(...places.map(({ partition, offset }) => ({ topic, partition, offset })));
  }
  await admin.disconnect();
  return found;
}

async function member(options) {
  const consumer = kafka(options).consumer({
    groupId: options.group,
    sessionTimeout: options.sessionMs,
    heartbeatInterval: options.heartbeatMs,
    maxWaitTimeInMs: 200,
    ...(options.assignor !== undefined && { partitionAssigners: [ASSIGNORS[options.assignor]] }),
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    say({ assigned: payload.memberAssignment[options.topic] ?? [] });
  });
  await consumer.connect();
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 200,
    eachMessage: async ({ topic, partition, message }) => tell(topic, partition, message),
  });
  await stopped();
  await consumer.disconnect();
}

function tell(topic, partition, { offset, timestamp, key, value, headers }) {
  const pairs = Object.entries(headers ?? {}).flatMap(([name, data]) => [data].flat().map((each) => [name, each]));
  tellRecord({ topic, partition, offset, timestamp, key, value, headers: pairs });
}

/** It has no incremental change of configs: what is not named goes back to its default. */
async function admin(options) {
  const client = kafka(options).admin();
  await client.connect();
  const resource = (topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic });
  const actions = {
    create: async (topic, numPartitions, replicationFactor, configs) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const isMade = await client.createTopics({
        topics: [{ topic, numPartitions, replicationFactor, configEntries }],
      });
      // It does not take this for an error.
      if (!isMade) throw new Error('TOPIC_ALREADY_EXISTS');
    },
    topics: () => client.listTopics(),
    describe: async (topic) => {
      const { topics } = await client.fetchTopicMetadata({ topics: [topic] });
      return { partitions: topics[0].partitions.length, replicas: topics[0].partitions[0].replicas.length };
    },
    config: async (topic, name) => {
      const { resources } = await client.describeConfigs({ includeSynonyms: true, resources: [resource(topic)] });
      return resources[0].configEntries.find(({ configName }) => configName === name).configValue;
    },
    alter: (topic, name, value) =>
      client.alterConfigs({ resources: [{ ...resource(topic), configEntries: [{ name, value }] }] }),
    grow: (topic, count) => client.createPartitions({ topicPartitions: [{ topic, count }] }),
    trim: async (topic, offset) => {
      // It looks for the leader in what it happens to know already.
      await client.fetchTopicOffsets(topic);
      await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
      const [first] = await client.fetchTopicOffsets(topic);
      return Number(first.low);
    },
    commit: (groupId, topic, offset) =>
      client.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] }),
    committed: async (groupId, topic) => {
      const [{ partitions }] = await client.fetchOffsets({ groupId, topics: [topic] });
      const offset = Number(partitions.find(({ partition }) => partition === 0).offset);
      return offset < 0 ? null : offset;
    },
    delete: (topic) => client.deleteTopics({ topics: [topic] }),
    groups: async () => (await client.listGroups()).groups.map(({ groupId }) => groupId),
    group: async (group) => {
      const { groups } = await client.describeGroups([group]);
      return { state: groups[0].state.toLowerCase(), members: groups[0].members.length };
    },
    forget: (group) => client.deleteGroups([group]),
  };
  await administer(actions, options.steps);
  await client.disconnect();
}

await obey({ version, produce, consume, member, admin });
