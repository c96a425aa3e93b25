/** @platformatic/kafka. Run by the suite: node platformatic.mjs COMMAND OPTIONS */
import { readFileSync } from 'node:fs';
import { Consumer, Producer } from '@platformatic/kafka';
import { obey, say, stopped, tellRecord, wantedTogether } from './lines.mjs';

function base({ bootstrap }) {
  return { clientId: 'interop', bootstrapBrokers: bootstrap.split(','), autocreateTopics: true };
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

/** An error that holds others names them all. */
function namesOf(error) {
  return [error.apiId ?? error.code ?? error.message, ...(error.errors ?? []).flatMap(namesOf)];
}

async function consume(options) {
  const { topics, count, timestamp } = options;
  const consumer = new Consumer({ ...base(options), groupId: `consume-${process.pid}-${Date.now()}` });
  const places = timestamp === undefined ? { mode: 'earliest' } : await placesAt(consumer, options);
  const stream = await consumer.consume({ topics, autocommit: false, maxWaitTime: 200, ...places });
  const late = setTimeout(() => process.exit(1), 30_000);
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
  const consumer = new Consumer({ ...base(options), groupId: options.group });
  consumer.on('consumer:group:join', ({ assignments }) => {
    say({ assigned: (assignments ?? []).flatMap(({ partitions }) => partitions) });
  });
  const stream = await consumer.consume({
    topics: [options.topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: 200,
    maxWaitTime: 200,
    sessionTimeout: options.sessionMs,
    heartbeatInterval: options.sessionMs / 4,
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

await obey({ version, produce, consume, member });
