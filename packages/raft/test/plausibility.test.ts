import { foundingEntry, type Message, type MessageBody, type Output } from '@moldau/raft';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestCluster } from './harness/test-cluster.ts';

function leading(): TestCluster {
  const cluster = new TestCluster({ seed: 1 });
  cluster.add([1, 2, 3], { founders: true });
  cluster.nowMs = cluster.node(1).running.nextDeadlineMs;
  cluster.step(1, { kind: 'tick' });
  cluster.settle();
  expect(cluster.node(1).running.status.role).toBe('leader');
  return cluster;
}

function send(cluster: TestCluster, body: MessageBody, change: Partial<Message> = {}): readonly Output[] {
  const { replica, running } = cluster.node(1);
  const message = {
    protocolVersion: 1,
    clusterId: 'cluster',
    from: cluster.node(2).replica,
    to: replica,
    term: running.status.term,
    body,
    ...change,
  };
  return cluster.step(1, { kind: 'message', message });
}

const ENTRY = { term: 2, kind: 'data' as const, payload: new Uint8Array(1) };
const SNAPSHOT = { index: 9, term: 2, voters: [], sizeBytes: 10, checksum: 0 };
const LATER = { term: 2 };

test.each<[string, MessageBody, Partial<Message>]>([
  ['agrees with more than the leader has', { kind: 'appendAccepted', matchIndex: 99 }, {}],
  ['comes from this replica itself', { kind: 'observe' }, { from: leading().node(1).replica }],
  [
    'leaves an entry out',
    { kind: 'append', prevIndex: 2, prevTerm: 1, entries: [{ ...ENTRY, index: 4 }], commitIndex: 0 },
    LATER,
  ],
  [
    'has entries of falling terms',
    {
      kind: 'append',
      prevIndex: 2,
      prevTerm: 1,
      entries: [
        { ...ENTRY, index: 3 },
        { ...ENTRY, index: 4, term: 1 },
      ],
      commitIndex: 0,
    },
    LATER,
  ],
  [
    'has an entry of a term that has not begun',
    { kind: 'append', prevIndex: 2, prevTerm: 1, entries: [{ ...ENTRY, index: 3, term: 7 }], commitIndex: 0 },
    LATER,
  ],
  [
    'reaches beyond its snapshot',
    { kind: 'snapshotChunk', snapshot: SNAPSHOT, positionBytes: 8, bytes: new Uint8Array(4) },
    LATER,
  ],
])('a message that %s is refused, and changes nothing', (_, body, change) => {
  const cluster = leading();
  const before = cluster.node(1).running.status;
  const outputs = send(cluster, body, change);
  expect(outputs).toMatchObject([{ kind: 'messageRejected', reason: 'impossible' }]);
  expect(cluster.node(1).running.status).toEqual(before);
});

const index = fc.nat({ max: 12 });
const term = fc.nat({ max: 40 });
const entries = fc.array(
  fc.record({
    index,
    term,
    kind: fc.constantFrom('data' as const, 'noop' as const, 'voters' as const),
    payload: fc.constant(foundingEntry([leading().node(1).replica]).payload),
  }),
  { maxLength: 3 },
);
const snapshot = fc.record({
  index,
  term,
  voters: fc.constant([]),
  sizeBytes: fc.integer({ min: 1, max: 9 }),
  checksum: fc.constant(0),
});
const body: fc.Arbitrary<MessageBody> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), prevIndex: index, prevTerm: term, entries, commitIndex: index }),
  fc.record({ kind: fc.constant('appendAccepted' as const), matchIndex: index }),
  fc.record({ kind: fc.constant('appendRejected' as const), prevIndex: index, hintIndex: index, hintTerm: term }),
  fc.record({
    kind: fc.constant('snapshotChunk' as const),
    snapshot,
    positionBytes: fc.nat({ max: 9 }),
    bytes: fc.uint8Array({ maxLength: 9 }),
  }),
  fc.record({
    kind: fc.constant('snapshotProgress' as const),
    snapshot,
    positionBytes: fc.nat({ max: 99 }),
    busy: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('voteRequest' as const),
    preVote: fc.boolean(),
    transfer: fc.boolean(),
    lastIndex: index,
    lastTerm: term,
  }),
  fc.record({ kind: fc.constant('voteResponse' as const), preVote: fc.boolean(), granted: fc.boolean() }),
  fc.constantFrom<MessageBody>({ kind: 'timeoutNow' }, { kind: 'observe' }),
);

test('whatever one peer invents, the process goes on', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(body, fc.nat({ max: 2 })), { maxLength: 30 }), (messages) => {
      const cluster = leading();
      for (const [invented, rise] of messages) {
        // Two leaders of one term are another matter: the peer is the only one of its term.
        const isOfLeader = invented.kind === 'append' || invented.kind === 'snapshotChunk';
        const { status } = cluster.node(1).running;
        const isOwnTerm = status.leader?.nodeId === 1 || status.role === 'candidate';
        const later = isOfLeader && isOwnTerm ? rise + 1 : rise;
        send(cluster, invented, { term: status.term + later });
        while (cluster.node(1).storageQueue.length > 0) cluster.store(1);
      }
    }),
    { numRuns: 500 },
  );
});
