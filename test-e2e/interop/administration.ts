import { describe, expect } from 'vitest';
import { until } from '../support/until.ts';
import type { ClientName } from './clients.ts';
import type { InteropClient } from './interop-client.ts';
import { cluster, feature, TIMES, text, topicOf } from './suite.ts';

export function administrationFeatures(): void {
  describe('administration', () => {
    const lacks = ['kcat'] as const;
    feature('admin: topics are created, described, grown and deleted', topics, { lacks });
    feature('admin: configs are described and changed', configs, { lacks });
    feature('admin: records are deleted up to an offset', records, { lacks });
    feature('admin: groups are listed, described and deleted', groups, { lacks });
    feature("admin: a group's offsets are changed, and its members begin there", offsets, { lacks });
    const keepOffsets = ['kcat', 'confluent-kafka', 'kafkajs'] as const;
    feature("admin: a group's offsets are deleted", offsetsGo, { lacks: keepOffsets });
  });
}

async function topics(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('made', name);
  const create = ['create', topic, 2, 3, { 'retention.ms': '3600000' }] as const;
  const describe = ['describe', topic] as const;
  const answers = await client.administer([create, create, describe, ['grow', topic, 5]]);
  expect(answers.map(({ error }) => error)).toEqual([
    undefined,
    expect.stringMatching(/already.?exists/i),
    undefined,
    undefined,
  ]);
  expect(answers[2]?.answer).toEqual({ partitions: 2, replicas: 3 });
  const [grown, before, deleted] = await client.administer([describe, ['topics'], ['delete', topic]]);
  expect(grown?.answer).toEqual({ partitions: 5, replicas: 3 });
  expect(before?.answer).toContain(topic);
  expect(deleted?.error).toBeUndefined();
  const [after] = await client.administer([['topics']]);
  expect(after?.answer).not.toContain(topic);
}

async function configs(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('configured', name);
  await cluster().createTopic(topic, 1);
  const config = ['config', topic, 'retention.ms'] as const;
  const [before, altered] = await client.administer([config, ['alter', topic, 'retention.ms', '7200000']]);
  expect(before).toEqual({ answer: '604800000' });
  expect(altered?.error).toBeUndefined();
  const [after, refused] = await client.administer([config, ['alter', topic, 'retention.ms', 'a week']]);
  expect(after).toEqual({ answer: '7200000' });
  expect(refused?.error).toMatch(/invalid.?config/i);
}

async function records(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('trimmed', name);
  await cluster().createTopic(topic, 1);
  const values = Array.from({ length: 10 }, (_, index) => `value-${index}`);
  const stream = client.stream(topic);
  for (const value of values) stream.send(value);
  await stream.finish();
  expect(await client.administer([['trim', topic, 7]])).toEqual([{ answer: 7 }]);
  expect(text(await client.read([topic], 3))).toEqual(values.slice(7));
}

async function groups(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('administered', name);
  const group = topicOf('administered-group', name);
  await cluster().createTopic(topic, 1);
  const member = client.join({ group, topic, ...TIMES });
  await until(`${name}: the member has the partition`, () => member.assigned?.length === 1);
  const [listed, described, refused] = await client.administer([['groups'], ['group', group], ['forget', group]]);
  expect(listed?.answer).toContain(group);
  expect(described).toEqual({ answer: { state: 'stable', members: 1 } });
  expect(refused?.error).toBeDefined();
  await member.leave();
  const [empty, forgotten, after] = await client.administer([['group', group], ['forget', group], ['groups']]);
  expect(empty).toEqual({ answer: { state: 'empty', members: 0 } });
  expect(forgotten?.error).toBeUndefined();
  expect(after?.answer).not.toContain(group);
}

async function offsets(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('rewound', name);
  const group = topicOf('rewound-group', name);
  await cluster().createTopic(topic, 1);
  const values = Array.from({ length: 10 }, (_, index) => `value-${index}`);
  const stream = client.stream(topic);
  for (const value of values) stream.send(value);
  await stream.finish();
  const committed = ['committed', group, topic] as const;
  const [altered, answer] = await client.administer([['commit', group, topic, 7], committed]);
  expect(altered?.error).toBeUndefined();
  expect(answer).toEqual({ answer: 7 });
  const read = async (count: number): Promise<readonly string[]> => {
    const member = client.join({ group, topic, ...TIMES });
    await until(`${name}: it reads ${count}`, () => member.values.length >= count);
    await member.leave();
    return member.values;
  };
  expect(await read(3)).toEqual(values.slice(7));
  const [end, rewound] = await client.administer([committed, ['commit', group, topic, 2]]);
  expect(end).toEqual({ answer: values.length });
  expect(rewound?.error).toBeUndefined();
  expect(await read(8)).toEqual(values.slice(2));
}

async function offsetsGo(client: InteropClient, name: ClientName): Promise<void> {
  const topic = topicOf('forgotten', name);
  const group = topicOf('forgotten-group', name);
  await cluster().createTopic(topic, 1);
  const committed = ['committed', group, topic] as const;
  const answers = await client.administer([
    ['commit', group, topic, 0],
    committed,
    ['uncommit', group, topic],
    committed,
  ]);
  expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
  expect([answers[1]?.answer, answers[3]?.answer]).toEqual([0, null]);
}
