import { expect, test } from 'vitest';
import { RAFT_PROTOCOL_VERSIONS } from '../src/messages.ts';
import { TestCluster } from './harness/test-cluster.ts';

const { min, max } = RAFT_PROTOCOL_VERSIONS;

test.each([
  ['the lowest that is read', min, []],
  ['the highest that is read', max, []],
  ['an older one', min - 1, ['wrong-version']],
  ['a newer one', max + 1, ['wrong-version']],
])('a message of %s', (_, protocolVersion, rejections) => {
  const cluster = new TestCluster({ seed: 1 });
  cluster.add([1, 2], { founders: true });
  const message = {
    protocolVersion,
    clusterId: 'cluster',
    from: cluster.node(1).replica,
    to: cluster.node(2).replica,
    term: 0,
    body: { kind: 'observe' as const },
  };
  const outputs = cluster.step(2, { kind: 'message', message });
  expect(outputs.flatMap((output) => (output.kind === 'messageRejected' ? [output.reason] : []))).toEqual(rejections);
});

test('what is written is the lowest version that is read, for nodes that are not upgraded yet', () => {
  const cluster = new TestCluster({ seed: 1 });
  cluster.add([1, 2], { founders: true });
  cluster.nowMs = cluster.node(1).running.nextDeadlineMs;
  cluster.step(1, { kind: 'tick' });
  expect(new Set(cluster.messages.map(({ protocolVersion }) => protocolVersion))).toEqual(new Set([min]));
});
