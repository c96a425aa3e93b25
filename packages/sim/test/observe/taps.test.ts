import { ApiService, ControllerService, QuorumService } from '@moldau/proto';
import { expect, test } from 'vitest';
import { Ghost } from '../../src/ghost/ghost.ts';
import { PartitionGhost } from '../../src/ghost/partition-ghost.ts';
import { brokerAddress } from '../../src/world/names.ts';
import { leaseTap } from '../../src/world/observe/leases.ts';
import { namedEndsTap } from '../../src/world/observe/named-ends.ts';
import { voteTap } from '../../src/world/observe/votes.ts';
import { image, KEY, node, observation, partition } from '../checkers/states.ts';

const STREAM = {};

/** A quorum message from node 1 to node 2. */
function quorumMessage(term: number, body: object): object {
  return { from: { nodeId: 1, directoryId: 'd1' }, toNodeId: 2, toDirectoryId: 'd2', term, body };
}

test('a candidate that asks for votes has voted for itself', () => {
  const ghost = new Ghost();
  const { sent } = voteTap(ghost);
  const say = (term: number, body: object): void =>
    sent?.(QuorumService.deliver.path, quorumMessage(term, body), STREAM);
  say(4, { kind: 'voteRequest', value: { preVote: true } });
  expect([ghost.votes.size, ghost.terms.size]).toEqual([0, 0]);
  say(4, { kind: 'voteRequest', value: { preVote: false } });
  expect(ghost.votes.get('4 1/d1')).toBe('1/d1');
  expect(ghost.doubleVotes).toEqual([]);
  say(4, { kind: 'voteResponse', value: { preVote: false, granted: true } });
  expect(ghost.doubleVotes).toEqual(['1/d1 voted in term 4 for 1/d1 and for 2/d2']);
  expect(ghost.isAlarmed).toBe(true);
});

test('a term counts from the first message that says it, but for what pre-votes only ask about', () => {
  const ghost = new Ghost();
  const { sent } = voteTap(ghost);
  const say = (term: number, body: object): void =>
    sent?.(QuorumService.deliver.path, quorumMessage(term, body), STREAM);
  say(3, { kind: 'appendAccepted', value: { matchIndex: 1 } });
  say(9, { kind: 'voteResponse', value: { preVote: true, granted: true } });
  say(2, { kind: 'voteResponse', value: { preVote: false, granted: false } });
  expect([...ghost.terms]).toEqual([['1/d1', 3]]);
});

test('a lease lasts from the leaving of the heartbeat that was answered, by the clock of its broker', () => {
  const world = { ghost: new Ghost(), nowMs: 1_000, brokers: new Map([[1, { process: { clockRate: 0.5 } }]]) };
  const { sent, heard } = leaseTap(world);
  const { path } = ControllerService.heartbeat;
  sent?.(path, { brokerId: 1, brokerEpoch: 7, sequence: 1 }, STREAM);
  world.nowMs = 1_400;
  sent?.(path, { brokerId: 1, brokerEpoch: 7, sequence: 2 }, STREAM);
  world.nowMs = 1_500;
  expect(world.ghost.leaseEndMs(1, 7)).toBe(Number.NEGATIVE_INFINITY);
  heard?.(path, { sequence: 1, sessionTimeoutMs: 4_000, errorCode: 0 }, STREAM);
  expect(world.ghost.leaseEndMs(1, 7)).toBe(9_000);
  heard?.(path, { sequence: 2, sessionTimeoutMs: 4_000, errorCode: 41 }, STREAM);
  heard?.(path, { sequence: 2, sessionTimeoutMs: 4_000, errorCode: 0 }, {});
  expect(world.ghost.leaseEndMs(1, 7)).toBe(9_000);
  expect(world.ghost.leaseEndMs(1, 8)).toBe(Number.NEGATIVE_INFINITY);
});

test.each([
  { leader: 1, timestamp: -1, offset: 4, noted: 1 },
  { leader: 1, timestamp: -1, offset: 5, noted: 0 },
  { leader: 1, timestamp: -2, offset: 0, noted: 0 },
  { leader: 2, timestamp: -1, offset: 4, noted: 0 },
])(
  'of a partition known up to 5, led by $leader, broker 1 says $offset to a question for $timestamp: $noted noted',
  (of) => {
    const ghost = new Ghost();
    const known = new PartitionGhost({ flushed: true, hasRetention: false });
    known.trueHighWatermark = 5;
    ghost.partitions.set(KEY, known);
    const quorum = [node(11, { image: image(9, partition({ leader: of.leader })) })];
    const { asked } = namedEndsTap({ ghost, watch: { observation: observation({ ghost, quorum }) } });
    const request = { items: [{ topicId: 'T', partition: 0, timestamp: of.timestamp, leaderEpoch: -1 }] };
    const answered = asked?.(ApiService.listOffsets.path, request, brokerAddress(1));
    answered?.({ results: [{ errorCode: 0, offset: of.offset }] });
    expect(ghost.shortEnds).toHaveLength(of.noted);
  },
);
