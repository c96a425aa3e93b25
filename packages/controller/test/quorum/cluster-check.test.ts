import { expect, test } from 'vitest';
import { judgeCluster } from '../../src/quorum/cluster-check.ts';

const VOTERS = [1, 2, 3].map((nodeId) => ({ nodeId, address: `host${nodeId}:1` }));

test.each([
  ['nobody answers', VOTERS, [], 'same'],
  ['all are of it', VOTERS, ['own', 'own'], 'same'],
  ['some are new', VOTERS, ['own', undefined], 'same'],
  ['one is a stranger', VOTERS, ['own', 'other'], 'strangers'],
  ['one is a stranger and one is silent', VOTERS, ['other'], 'strangers'],
  ['all others are strangers to one another too', VOTERS, ['other', 'third'], 'strangers'],
  ['most belong to another', VOTERS, ['other', 'other'], 'foreign'],
  ['one of two belongs to another', VOTERS.slice(0, 2), ['other'], 'strangers'],
  ['the only voter, which an observer asks, belongs to another', VOTERS.slice(0, 1), ['other'], 'foreign'],
] as const)('a directory is judged when %s', (_, voters, clusterIds, verdict) => {
  const answers = clusterIds.map((clusterId, index) => ({
    nodeId: index + 2,
    directoryId: `d${index}`,
    clusterId,
    configuredVoters: '',
    features: [],
  }));
  expect(judgeCluster('own', voters, answers).kind).toBe(verdict);
});
