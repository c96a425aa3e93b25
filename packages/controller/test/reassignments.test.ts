import { errorCodeFromNumber, NO_ERROR } from '@moldau/base';
import { type ClusterImage, isReassigning, type PartitionState, topicByName } from '@moldau/metadata';
import type { PartitionReassignment } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { fenceBroker } from '../src/managers/brokers.ts';
import { alterPartitionReassignments } from '../src/managers/reassignments.ts';
import { alterPartition, countPartitions } from '../src/managers/replication.ts';
import { createPartitions, createTopics } from '../src/managers/topics.ts';
import { apply, cluster, context, refused } from './images.ts';

function withTopic(assignments: readonly (readonly number[])[], brokers = 5): ClusterImage {
  const image = cluster(brokers);
  const topic = {
    name: 'prices',
    partitions: -1,
    replicationFactor: -1,
    assignments: assignments.map((brokerIds, partition) => ({ partition, brokerIds })),
    configs: new Map<string, string>(),
  };
  return apply(image, createTopics(image, { topics: [topic], validateOnly: false }, context()).records);
}

function move(partition: number, brokerIds?: readonly number[], topic = 'prices'): PartitionReassignment {
  return { topic, partition, replicas: brokerIds && { brokerIds } };
}

function decide(image: ClusterImage, reassignments: readonly PartitionReassignment[], allow = true) {
  const request = { reassignments, allowReplicationFactorChange: allow };
  const { records, respond } = alterPartitionReassignments(image, request, context());
  const codes = respond(7).outcomes.map(({ errorCode }) =>
    errorCode === NO_ERROR ? 'ok' : errorCodeFromNumber(errorCode),
  );
  return { codes, after: records.length > 0 ? apply(image, records) : image };
}

function partitionOf(image: ClusterImage, number = 0): PartitionState {
  const found = topicByName(image, 'prices')?.partitions[number];
  if (found === undefined) throw new Error('no such partition');
  return found;
}

function propose(image: ClusterImage, isr: readonly number[]) {
  const { topicId, partition, leader, leaderEpoch, partitionEpoch } = partitionOf(image);
  const epochOf = (id: number): number => image.brokers.get(id)?.brokerEpoch ?? -1;
  const members = isr.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(brokerId) }));
  const item = { topicId, partition, leaderEpoch, partitionEpoch, isr: members };
  const request = { brokerId: leader, brokerEpoch: epochOf(leader), partitions: [item] };
  const { records, respond } = alterPartition(image, request, context());
  return { after: apply(image, records), answer: respond(9).partitions[0] };
}

describe('a reassignment', () => {
  test.each<[string, PartitionReassignment, boolean, string]>([
    ['of a topic that is not there', move(0, [1], 'other'), true, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['of a partition that is not there', move(9, [1]), true, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['to no broker', move(0, []), true, 'INVALID_REPLICA_ASSIGNMENT'],
    ['to a broker twice', move(0, [4, 4, 5]), true, 'INVALID_REPLICA_ASSIGNMENT'],
    ['to a broker that is not there', move(0, [4, 9, 5]), true, 'INVALID_REPLICA_ASSIGNMENT'],
    ['to fewer brokers, which was not allowed', move(0, [4, 5]), false, 'INVALID_REPLICATION_FACTOR'],
    ['to more brokers, which was not allowed', move(0, [1, 2, 3, 4]), false, 'INVALID_REPLICATION_FACTOR'],
    ['to fewer brokers', move(0, [4, 5]), true, 'ok'],
    ['to others', move(0, [4, 5, 1]), false, 'ok'],
    ['to the same', move(0, [1, 2, 3]), false, 'ok'],
    ['that is not under way is called off', move(0), true, 'NO_REASSIGNMENT_IN_PROGRESS'],
  ])('%s', (_, reassignment, allow, code) => {
    expect(decide(withTopic([[1, 2, 3]]), [reassignment], allow).codes).toEqual([code]);
  });

  test('is refused by itself: the others of the request begin', () => {
    const image = withTopic([
      [1, 2, 3],
      [2, 3, 4],
    ]);
    const { codes, after } = decide(image, [move(0, [4, 5, 1]), move(1, [9]), move(0, [1, 4, 5])]);
    expect(codes).toEqual(['ok', 'INVALID_REPLICA_ASSIGNMENT', 'INVALID_REQUEST']);
    expect([isReassigning(partitionOf(after)), isReassigning(partitionOf(after, 1))]).toEqual([true, false]);
  });

  test('ends with the proposal that brings the last one in, and the leader hears it from metadata', () => {
    const { after: moving } = decide(withTopic([[1, 2, 3]]), [move(0, [4, 5, 1])]);
    expect(partitionOf(moving)).toMatchObject({ addingReplicas: [4, 5], removingReplicas: [2, 3], leaderEpoch: 0 });
    expect(countPartitions(moving)).toMatchObject({ reassigning: 1, underReplicated: 0 });
    const one = propose(moving, [1, 2, 3, 4]);
    expect(one.answer).toMatchObject({ errorCode: NO_ERROR, isr: [1, 2, 3, 4] });
    const { after, answer } = propose(one.after, [1, 2, 3, 4, 5]);
    expect(errorCodeFromNumber(answer?.errorCode ?? 0)).toBe('NEW_LEADER_ELECTED');
    expect(partitionOf(after)).toMatchObject({ isr: [1, 4, 5], leader: 1, leaderEpoch: 0, addingReplicas: [] });
    expect(countPartitions(after).reassigning).toBe(0);
  });

  test('takes the leadership from a leader that goes', () => {
    const { after: moving } = decide(withTopic([[1, 2]]), [move(0, [3, 2])]);
    expect(partitionOf(propose(moving, [1, 2, 3]).after)).toMatchObject({ isr: [2, 3], leader: 3, leaderEpoch: 1 });
  });

  test('outlives the death of any broker, and goes on when it is back', () => {
    const { after: moving } = decide(withTopic([[1, 2, 3]]), [move(0, [4, 5, 1])]);
    const dead = apply(moving, fenceBroker(moving, 1, context()));
    expect(partitionOf(dead)).toMatchObject({ leader: 2, isr: [2, 3], addingReplicas: [4, 5] });
    expect(partitionOf(propose(dead, [2, 3, 4, 5]).after)).toMatchObject({ addingReplicas: [4, 5], leader: 2 });
  });

  test('may be turned to another number of replicas only when that is allowed', () => {
    const { after: moving } = decide(withTopic([[1, 2, 3]]), [move(0, [4, 5])]);
    expect(decide(moving, [move(0, [4, 5, 1])], false).codes).toEqual(['INVALID_REPLICATION_FACTOR']);
    const turned = decide(moving, [move(0, [3, 4])], false);
    expect(turned.codes).toEqual(['ok']);
    expect(partitionOf(turned.after)).toMatchObject({ addingReplicas: [4], removingReplicas: [1, 2] });
  });

  test('does not change how many replicas new partitions get', () => {
    const { after: moving } = decide(withTopic([[1, 2]]), [move(0, [3, 4])]);
    const grow = { topics: [{ name: 'prices', partitions: 2, assignments: [] }], validateOnly: false };
    const { records } = createPartitions(moving, grow, context());
    expect(partitionOf(apply(moving, records), 1).replicas).toHaveLength(2);
  });

  test('of more replicas than one batch can hold is refused as a whole', () => {
    const image = withTopic(
      Array.from({ length: 5_000 }, () => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
      22,
    );
    const target = Array.from({ length: 11 }, (_, index) => index + 12);
    const reassignments = Array.from({ length: 5_000 }, (_, partition) => move(partition, target));
    const request = { reassignments, allowReplicationFactorChange: true };
    expect(refused(() => alterPartitionReassignments(image, request, context())).code).toBe('INVALID_REQUEST');
  });
});
