/** kafkajs. Run by the suite: node kafkajs.mjs COMMAND OPTIONS */
import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import snappy from 'kafkajs-snappy';
import lz4 from 'lz4js';
import { obey, say, stopped, tellRecord, wantedTogether } from './lines.mjs';

const { CompressionCodecs, CompressionTypes, Kafka, Partitioners } = kafkajs;
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

function kafka({ bootstrap }) {
  return new Kafka({ clientId: 'interop', brokers: bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING });
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
      for (const { index } of records) say({ failed: index, error: error.type ?? error.cause?.type ?? error.message });
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
  await Promise.race([all, new Promise((later) => setTimeout(later, 30_000))]);
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
    heartbeatInterval: options.sessionMs / 4,
    maxWaitTimeInMs: 200,
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

await obey({ version, produce, consume, member });
