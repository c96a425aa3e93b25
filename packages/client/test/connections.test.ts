import { ApiService } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { addressOf, codeOf, FakeCluster } from './fake-cluster.ts';

const CONTROLLER = 'controller-11:1';

function logged(cluster: FakeCluster, level: 'debug' | 'info'): string[] {
  const events = cluster.log.events().filter((each) => each.level === level);
  return events.map(({ event, fields: { address, clusterId = '' } }) => `${event} ${String(address ?? clusterId)}`);
}

describe("a controller's address among the bootstrap addresses", () => {
  function newCluster(): FakeCluster {
    const cluster = new FakeCluster(1);
    cluster.addTopic('t', 1);
    cluster.controllers.add(CONTROLLER);
    return cluster;
  }

  test('alone it is named at once, whatever is asked', async () => {
    const cluster = newCluster();
    const { client } = cluster.client({ bootstrap: [CONTROLLER] });
    const asked: readonly Promise<unknown>[] = [
      client.admin().listTopics(),
      client.admin().describeQuorum(),
      client.producer().send('t', { value: null }),
    ];
    for (const each of asked) {
      await expect(cluster.settle(each)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        retriable: false,
        message: expect.stringMatching(/^controller-11:1 is not a broker/),
      });
    }
    expect(cluster.scheduler.nowMs).toBeLessThan(100);
  });

  test('among others it is passed over', async () => {
    const cluster = newCluster();
    for (let n = 0; n < 10; n++) {
      const { client } = cluster.client({ bootstrap: [CONTROLLER, addressOf(1)] });
      expect(await cluster.settle(client.admin().listTopics())).toEqual(['t']);
    }
  });

  test('a broker that lacks one call is still a broker', async () => {
    const cluster = newCluster();
    const code = codeOf(cluster.client().client.admin().describeQuorum());
    expect(await cluster.settle(code)).toBe('UNSUPPORTED_VERSION');
    expect(cluster.calls).toEqual([ApiService.describeQuorum.path, ApiService.metadata.path]);
  });
});

describe('the log', () => {
  test('tells as info which brokers are reached and lost, once for each change', async () => {
    const cluster = new FakeCluster(2, { brokers: 1 });
    cluster.addTopic('t', 1);
    const { client } = cluster.client({ bootstrap: [addressOf(1)] });
    const producer = client.producer();
    await cluster.settle(producer.send('t', { value: null }));
    await cluster.settle(producer.send('t', { value: null }));
    expect(logged(cluster, 'info')).toEqual([`client.broker_reached ${addressOf(1)}`, 'client.cluster_found cluster']);
    cluster.kill(1);
    const sent = producer.send('t', { value: null });
    cluster.scheduler.after(2_000, () => {
      cluster.down.clear();
    });
    await cluster.settle(sent);
    expect(logged(cluster, 'info').slice(2)).toEqual([
      `client.broker_lost ${addressOf(1)}`,
      `client.broker_reached ${addressOf(1)}`,
    ]);
    expect(logged(cluster, 'debug')).toContain(`client.broker_unreachable ${addressOf(1)}`);
  });

  test('tells as debug what is tried again, and why', async () => {
    const cluster = new FakeCluster(3);
    cluster.addTopic('t', 1);
    const { client } = cluster.client();
    let refusals = 2;
    cluster.fate = () => (refusals-- > 0 ? { kind: 'refuse', code: 'NOT_ENOUGH_REPLICAS' } : { kind: 'keep' });
    await cluster.settle(client.producer().send('t', { value: null }));
    const consumer = client.consumer({ assignments: [{ topic: 't', from: 'earliest' }] });
    await cluster.settle(consumer[Symbol.asyncIterator]().next());
    cluster.breakStreams(1);
    await cluster.scheduler.run({ untilMs: cluster.scheduler.nowMs + 100 });
    const debug = cluster.log.events().filter(({ level }) => level === 'debug');
    expect(debug.filter(({ event }) => event === 'producer.attempt_failed').map(({ fields }) => fields)).toMatchObject([
      { topic: 't', partition: 0, code: 'NOT_ENOUGH_REPLICAS', attempts: 1, outcome: 'notAppended' },
      { topic: 't', partition: 0, code: 'NOT_ENOUGH_REPLICAS', attempts: 2, outcome: 'notAppended' },
    ]);
    expect(debug.filter(({ event }) => event === 'consumer.retries').map(({ fields }) => fields)).toMatchObject([
      { topic: 't', partition: 0, attempts: 1 },
    ]);
  });

  test('stays silent where nothing is wrong, but for the brokers that are reached', async () => {
    const cluster = new FakeCluster(4);
    cluster.addTopic('t', 3);
    const { client } = cluster.client();
    const producer = client.producer();
    for (let n = 0; n < 50; n++) await cluster.settle(producer.send('t', { value: null }));
    await cluster.settle(client.close());
    expect(cluster.log.events().length).toBeLessThanOrEqual(4);
  });
});
