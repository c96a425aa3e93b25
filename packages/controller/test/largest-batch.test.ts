import { type ClusterImage, encodeBatch } from '@moldau/metadata';
import type { MetadataRecord } from '@moldau/proto';
import { RAFT_LIMITS } from '@moldau/raft';
import { expect, test } from 'vitest';
import { fenceBroker, registerBroker } from '../src/managers/brokers.ts';
import { apply, cluster, context, registration } from './images.ts';

/** The most partitions a cluster may have, in fractions: what a batch costs grows with their number alone. */
const PARTITIONS_MAX = 50_000;
const FRACTION = 20;
const uuid = (letter: string): string => letter.repeat(22);

function largest(replicationFactor: number): ClusterImage {
  let image = cluster(replicationFactor);
  const ids = Array.from({ length: replicationFactor }, (_, index) => index + 1);
  const replicas = ids.map((brokerId) => ({
    brokerId,
    directoryId: brokerId === 1 ? 'directory-1' : uuid('d'),
    incarnationId: uuid('i'),
  }));
  const partitions = Array.from(
    { length: PARTITIONS_MAX / FRACTION },
    (_, partition): MetadataRecord => ({
      record: {
        kind: 'partition',
        value: {
          topicId: uuid('t'),
          partition,
          replicas,
          isr: ids,
          elr: [],
          leader: 1,
          leaderEpoch: 0,
          partitionEpoch: 0,
          addingReplicas: [],
          removingReplicas: [],
        },
      },
    }),
  );
  image = apply(image, [{ record: { kind: 'topic', value: { topicId: uuid('t'), name: 'large' } } }, ...partitions]);
  return image;
}

test.each([3, 16])('with %i replicas of all partitions, what one broker does fits one entry of the log', (factor) => {
  const image = largest(factor);
  const wiped = registration(1, {
    incarnationId: uuid('n'),
    directories: [{ directoryId: uuid('f'), verdict: 'new' }],
  });
  const fenced = fenceBroker(image, 1, context());
  const request = { clusterId: image.clusterId, registration: wiped, damaged: [] };
  const registered = registerBroker(apply(image, fenced), request, context()).records;
  const atOnce = registerBroker(
    image,
    { ...request, registration: { ...wiped, directories: [{ directoryId: 'directory-1', verdict: 'clean' }] } },
    context(),
  ).records;
  for (const records of [fenced, registered, atOnce]) {
    expect(records.length).toBeGreaterThan(PARTITIONS_MAX / FRACTION);
    expect(encodeBatch(records, 1).length * FRACTION).toBeLessThan(RAFT_LIMITS.entryBytesMax);
  }
});
