import { RAFT_LIMITS } from '@moldau/raft';
import { expect, test } from 'vitest';
import { TestCluster } from './harness/test-cluster.ts';

test('a follower that heard its leader right after a stall does not add the stall to the new deadline', () => {
  const cluster = new TestCluster({ seed: 1 });
  cluster.add([1, 2, 3], { founders: true });
  cluster.advance(5000);
  const follower = cluster.running.find(({ running }) => running.status.role === 'follower');
  expect(follower).toBeDefined();
  const nodeId = follower?.replica.nodeId ?? 0;
  const leader = cluster.leader?.replica.nodeId ?? 0;
  cluster.nowMs = cluster.node(leader).running.nextDeadlineMs;
  cluster.step(leader, { kind: 'tick' });
  const heartbeats = cluster.messages.filter(({ to }) => to.nodeId === nodeId);
  expect(heartbeats).toHaveLength(1);
  // What waited in the socket comes first, then the timer that was late.
  cluster.nowMs += 60_000;
  for (const heartbeat of heartbeats) cluster.deliver(heartbeat);
  cluster.step(nodeId, { kind: 'stalled', durationMs: 60_000 });
  const deadlineMs = cluster.node(nodeId).running.nextDeadlineMs;
  expect(deadlineMs - cluster.nowMs).toBeLessThanOrEqual(RAFT_LIMITS.electionTimeoutMsMax);
});
