import { describe, expect, test } from 'vitest';
import { describeVoters, type Introduction, nextFormationStep } from '../../src/quorum/formation.ts';

const VOTERS = [1, 2, 3].map((nodeId) => ({ nodeId, address: `host${nodeId}:1` }));

function empty(nodeId: number, change: Partial<Introduction> = {}): Introduction {
  return {
    nodeId,
    directoryId: `d${nodeId}`,
    clusterId: undefined,
    configuredVoters: describeVoters(VOTERS),
    features: [],
    ...change,
  };
}

describe('a node with an empty directory', () => {
  test('founds when it has the lowest id and all others are empty and agree', () => {
    const step = nextFormationStep(empty(1), VOTERS, [empty(2), empty(3)]);
    expect(step).toMatchObject({
      kind: 'found',
      voters: [{ directoryId: 'd1' }, { directoryId: 'd2' }, { directoryId: 'd3' }],
    });
  });

  test.each([
    ['one is missing', empty(1), [empty(2)]],
    ['another has the lowest id', empty(2), [empty(1), empty(3)]],
    ['one was given another list', empty(1), [empty(2), empty(3, { configuredVoters: '1@host1:1' })]],
    ['it is no voter itself', empty(4), [empty(1), empty(2), empty(3)]],
  ])('waits when %s', (_, self, answers) => {
    expect(nextFormationStep(self, VOTERS, answers).kind).toBe('wait');
  });

  test('joins a cluster that anybody belongs to, whatever the others say', () => {
    for (const self of [empty(1), empty(2), empty(4)]) {
      const step = nextFormationStep(self, VOTERS, [empty(3, { clusterId: 'c' })]);
      expect(step).toEqual({ kind: 'join', clusterId: 'c' });
    }
  });

  test('is refused when the voters belong to different clusters', () => {
    const answers = [empty(2, { clusterId: 'c' }), empty(3, { clusterId: 'other' })];
    expect(() => nextFormationStep(empty(1), VOTERS, answers)).toThrow(/node 2 to c, node 3 to other/);
  });

  test('lists are compared in one form', () => {
    expect(describeVoters([...VOTERS].reverse())).toBe('1@host1:1,2@host2:1,3@host3:1');
  });
});
