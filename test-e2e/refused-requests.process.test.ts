import { MoldauError, type ProducerOptions, string } from '@moldau/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestCluster, valuesOf } from './support/test-cluster.ts';
import { START_TIMEOUT_MS } from './support/until.ts';

/*
 * What a broker or the client refuses is told with its cause and what to do, and costs nothing that was acknowledged before:
 * after every test the records of `kept` are read back.
 */

const KEPT = valuesOf('kept', 200);
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ settings: new Map([['auto.create.topics.enable', 'true']]) });
  await cluster.client.admin().createTopics([{ name: 'kept', partitions: 1, replicationFactor: 1 }]);
  await cluster.send('kept', KEPT);
}, START_TIMEOUT_MS);
afterAll(() => cluster.close());
afterEach(async () => expect(await cluster.read('kept')).toEqual(KEPT));

/** What sending this fails with. */
async function refusal(
  topic: string,
  record: { readonly value: string; readonly partition?: number },
  options: ProducerOptions<Uint8Array, string> = {},
): Promise<MoldauError> {
  await using producer = cluster.client.producer({ value: string(), topicTimeoutMs: 300, ...options });
  try {
    await producer.send(topic, record);
  } catch (error) {
    if (error instanceof MoldauError) return error;
    throw error;
  }
  throw new Error('it was sent');
}

describe('an unknown topic', () => {
  test.each([
    ['produce', ['produce', 'nope'], 'topic nope does not exist: check its name'],
    ['consume', ['consume', 'nope', '--until-end'], 'topic nope does not exist: check its name'],
    ['describe', ['topic', 'describe', 'nope'], 'topic nope does not exist: check its name'],
    ['delete', ['topic', 'delete', 'nope', '-y'], 'topic nope does not exist: check its name'],
    ['grow', ['topic', 'add-partitions', 'nope', '--to', '3'], 'There is no topic "nope". Check the name.'],
    ['settings', ['topic', 'config', 'get', 'nope'], 'There is no topic "nope". Check the name.'],
    ['set', ['topic', 'config', 'set', 'nope', 'retention.ms=1'], 'There is no topic "nope". Check the name.'],
  ])('%s: says so, and where to look', async (_, argv, message) => {
    const { code, out, err } = await cluster.run(['--timeout', '5s', ...argv], 'a line\n');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`error: ${message}\n`);
    expect(err).toContain('why: UNKNOWN_TOPIC_OR_PARTITION\n');
    expect(err).toContain('try: see what there is with npx moldau topic list\n');
  });

  test('the client says it too, and has not made the topic', async () => {
    expect(await refusal('nope', { value: 'a' })).toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      topic: 'nope',
      message: 'topic nope does not exist: create it, or check its name',
    });
    const consumer = cluster.client.consumer({
      assignments: [{ topic: 'nope', from: 'earliest' }],
      topicTimeoutMs: 300,
    });
    await expect(consumer.start()).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    await consumer.close();
    expect(await cluster.client.admin().listTopics()).toEqual(['kept']);
  });
});

describe('a record that is too large', () => {
  beforeEach(async () => {
    const name = 'small';
    if ((await cluster.client.admin().listTopics()).includes(name)) return;
    const configs = { 'max.message.bytes': '1000' };
    await cluster.client.admin().createTopics([{ name, partitions: 1, replicationFactor: 1, configs }]);
  });

  test('for the topic: the broker names both sizes, and takes the next record', async () => {
    expect(await refusal('small', { value: 'x'.repeat(3000) })).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      retriable: false,
      message: expect.stringMatching(
        /^a batch has 30\d\d bytes, the topic's max.message.bytes is 1000: send smaller batches or raise it$/,
      ),
    });
    await cluster.send('small', ['fits']);
    expect((await cluster.read('small')).at(-1)).toBe('fits');
  });

  test('for the producer: it is refused before it is sent', async () => {
    const error = await refusal('small', { value: 'x'.repeat(3000) }, { batchBytesMax: 1024, bufferBytesMax: 2048 });
    expect(error.code).toBe('MESSAGE_TOO_LARGE');
    expect(error.message).toMatch(/bufferBytesMax/);
  });

  test('the command counts what went, and names what to do', async () => {
    const { code, items, errors } = await cluster.ask(['produce', 'small'], `${'x'.repeat(3000)}\n`);
    expect(code).toBe(1);
    expect(items).toEqual([]);
    expect(errors).toMatchObject([
      { code: 'MESSAGE_TOO_LARGE', hint: "raise the topic's max.message.bytes, or send smaller records" },
    ]);
  });
});

describe('a partition that is not there', () => {
  test.each([
    ['produce', ['produce', 'kept', '-p', '7']],
    ['consume', ['consume', 'kept', '-p', '7', '--until-end']],
  ])('%s names those that are', async (_, argv) => {
    const { code, err } = await cluster.run(argv, 'a line\n');
    expect(code).toBe(2);
    expect(err).toContain('topic kept has partitions 0 to 0, not 7');
  });

  test('the client names it', async () => {
    expect(await refusal('kept', { value: 'a', partition: 7 })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'topic kept has partitions 0 to 0, not 7',
    });
    const consumer = cluster.client.consumer({ assignments: [{ topic: 'kept', partition: 7, from: 'earliest' }] });
    await expect(consumer.start()).rejects.toThrow(/kept.* 7/);
    await consumer.close();
  });
});

describe('a wrong setting', () => {
  const WRONG: readonly (readonly [string, RegExp])[] = [
    ['max.message.bytes=abc', /max\.message\.bytes="abc" is not valid\. Give a whole number from 0 to 32505856\./],
    ['retention.ms=-7', /retention\.ms="-7" is not valid\. Give a whole number from -1 to \d+\./],
    ['durability=sometimes', /durability="sometimes" is not valid\. Give .*flushed.*replicated/],
    ['max.mesage.bytes=1', /There is no config "max\.mesage\.bytes" of a topic\. .*max\.message\.bytes/],
  ];

  test.each(WRONG)('topic create -c %s: no topic is made', async (setting, message) => {
    const { code, out, err } = await cluster.run(['topic', 'create', 'bad', '-c', setting]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
    expect(err).toContain('why: INVALID_CONFIG\n');
    expect(await cluster.client.admin().listTopics()).not.toContain('bad');
  });

  test.each(WRONG)('topic config set %s: nothing changes, not even what was right', async (setting, message) => {
    const { code, err } = await cluster.run(['topic', 'config', 'set', 'kept', 'segment.ms=5000', setting]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    const { items } = await cluster.ask(['topic', 'config', 'get', 'kept', 'segment.ms', 'retention.ms']);
    expect(items).not.toContainEqual(expect.objectContaining({ source: 'topic' }));
  });

  test('that was never a setting: get says how to see those that are', async () => {
    const { code, err } = await cluster.run(['topic', 'config', 'get', 'kept', 'nope']);
    expect(code).toBe(2);
    expect(err).toContain('a topic has no setting nope\n  try: npx moldau topic config get kept\n');
  });

  test.each([
    [['create', 'bad', '-r', '9'], '9 replicas need 9 active brokers; there are 1. Start more brokers'],
    [['create', 'bad', '-p', '1000000'], /partitions/],
    [['create', 'b/d'], 'The topic name "b/d" has characters that are not allowed'],
    [['create', 'kept'], /kept.*exists/],
    [['add-partitions', 'kept', '--to', '1'], 'Topic kept has 1 partitions, and they never become fewer'],
  ])('topic %s', async (argv, message) => {
    const { code, err } = await cluster.run(['topic', ...argv]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });
});
