import { Ghost } from '../../src/ghost/ghost.ts';
import type { GroupEvent } from '../../src/ghost/group-history.ts';
import type { CoordinatorView, Observation } from '../../src/observation.ts';
import { broker, KEY, observation, replica, type Story } from './states.ts';

/** What was seen in each step, on top of what was seen before. */
function seen(...steps: readonly (readonly GroupEvent[])[]): readonly Observation[] {
  return steps.map((_, last) => {
    const ghost = new Ghost();
    for (const event of steps.slice(0, last + 1).flat()) ghost.groupSeen(event);
    return observation({ ghost });
  });
}

interface Who {
  readonly instanceId?: string;
  readonly asked?: number;
}

function assigned(memberId: string, generation: number, partitions: readonly string[], who: Who = {}): GroupEvent {
  const { instanceId = null, asked = 0 } = who;
  return { kind: 'assigned', group: 'g', memberId, instanceId, generation, asked, partitions };
}

function began(generation: number, ...memberIds: readonly string[]): GroupEvent {
  return { kind: 'began', group: 'g', generation, memberIds };
}

function commit(commitId: string, memberId = 'a', generation = 1, instanceId: string | null = null): GroupEvent {
  return { kind: 'commit', group: 'g', memberId, instanceId, generation, commitId, partition: 't/0' };
}

function answered(commitId: string, outcome: 'kept' | 'refused' | 'unknown' = 'kept'): GroupEvent {
  return { kind: 'committed', commitId, outcome };
}

function fetched(commitId: string, asked: number): GroupEvent {
  return { kind: 'fetched', group: 'g', partition: 't/0', asked, commitId };
}

function coordinating(brokerId: number, options: Partial<CoordinatorView>, leads = true): Observation {
  const coordinator = { key: KEY, partition: 0, leaderEpoch: 5, answers: true, ...options };
  const replicas = [replica(brokerId, { role: leads ? 'leader' : 'follower' })];
  return observation({ brokers: [broker(brokerId, replicas, { coordinators: [coordinator] })] });
}

/** Invariant 35. */
export const GROUP_STORIES: Readonly<Record<string, readonly Story[]>> = {
  '35-one-assignment': [
    {
      complaint: /g generation 1: t\/0 is a's and b's/,
      // In the next generation it may be another one's.
      steps: () => seen([assigned('a', 1, ['t/0'])], [assigned('b', 2, ['t/0'])], [assigned('b', 1, ['t/0'])]),
    },
    {
      complaint: /g generation 1: a was told t\/0 t\/1, and then t\/0/,
      steps: () =>
        seen([assigned('a', 1, ['t/1', 't/0'])], [assigned('a', 1, ['t/0', 't/1'])], [assigned('a', 1, ['t/0'])]),
    },
    {
      complaint: /g generation 1: i was told t\/0, and then t\/1/,
      // The next run of a static member is the same member.
      steps: () =>
        seen(
          [assigned('i-1', 1, ['t/0'], { instanceId: 'i' })],
          [assigned('i-2', 1, ['t/0'], { instanceId: 'i' })],
          [assigned('i-3', 1, ['t/1'], { instanceId: 'i' })],
        ),
    },
  ],
  '35-one-coordinator': [
    {
      complaint: /broker 1 answers for the groups of T:0 in epoch 5, and is follower in epoch 5/,
      steps: () => [coordinating(1, {}), coordinating(1, { answers: false }, false), coordinating(1, {}, false)],
    },
    {
      complaint: /broker 1 answers for the groups of T:0 in epoch 4, and is leader in epoch 5/,
      steps: () => [coordinating(1, {}), coordinating(1, { leaderEpoch: 4 })],
    },
    {
      complaint: /broker 2 answers for the groups of T:0 in epoch 5, as broker 1 did/,
      steps: () => [coordinating(1, {}), coordinating(2, {})],
    },
  ],
  '35-generations-grow': [
    {
      complaint: /g: a is told of generation 1, and asked after 2 was told/,
      // Who had asked before may hear late.
      steps: () =>
        seen(
          [assigned('b', 2, [])],
          [assigned('a', 1, [], { asked: 0 })],
          [assigned('a', 2, [], { asked: 2 })],
          [assigned('a', 1, [], { asked: 3 })],
        ),
    },
  ],
  '35-handed-over': [
    {
      complaint: /g generation 2: b is told t\/0, a still reads it/,
      steps: () => seen([assigned('a', 1, ['t/0']), began(2, 'a', 'b')], [assigned('b', 2, ['t/0'])]),
    },
    {
      complaint: /g generation 4: d is told t\/0, c still reads it/,
      // One has let go of it, one is out of the group; the third is neither.
      steps: () =>
        seen(
          [assigned('a', 1, ['t/0']), began(2, 'a', 'b')],
          [{ kind: 'let-go', group: 'g', memberId: 'a', partitions: ['t/0'] }, assigned('b', 2, ['t/0'])],
          [began(3, 'a', 'c'), assigned('c', 3, ['t/0'])],
          [began(4, 'c', 'd'), assigned('d', 4, ['t/0'])],
        ),
    },
  ],
  '35-commits-are-fenced': [
    {
      complaint: /g: a commit of a in generation 1 is kept, 2 was told before it was sent/,
      // The first was sent before, the second is refused.
      steps: () =>
        seen(
          [assigned('a', 1, ['t/0']), commit('1'), assigned('b', 2, []), answered('1')],
          [commit('2'), answered('2', 'refused')],
          [commit('3'), answered('3')],
        ),
    },
    {
      complaint: /g: a commit of i-1 in generation 1 is kept, the newest run is i-2/,
      steps: () =>
        seen(
          [assigned('i-1', 1, ['t/0'], { instanceId: 'i' }), commit('1', 'i-1', 1, 'i'), answered('1')],
          [assigned('i-2', 1, ['t/0'], { instanceId: 'i' }), commit('2', 'i-2', 1, 'i'), answered('2')],
          [commit('3', 'i-1', 1, 'i'), answered('3')],
        ),
    },
  ],
  '35-committed-offsets-last': [
    {
      complaint: /g t\/0: 1 is told to be committed, another one was kept that was sent later/,
      steps: () => seen([commit('1'), answered('1')], [fetched('1', 2), commit('2'), answered('2')], [fetched('1', 5)]),
    },
    {
      complaint: /g t\/0: nothing is told to be committed, another one was kept that was sent later/,
      // Who asked before the answer may be told either.
      steps: () => seen([commit('1'), answered('1'), fetched('', 1)], [fetched('1', 3)], [fetched('', 4)]),
    },
    {
      complaint: /g t\/0: 2 is told to be committed, it was refused/,
      // What was not answered may come to be kept at any time.
      steps: () =>
        seen(
          [commit('1'), answered('1', 'unknown'), fetched('1', 2)],
          [commit('2'), answered('2', 'refused')],
          [fetched('2', 5)],
        ),
    },
    {
      complaint: /g t\/0: 1 is told to be committed, it was replaced before/,
      // Two at one time: whichever came first, it does not come back.
      steps: () =>
        seen(
          [commit('1'), commit('2'), answered('1'), answered('2')],
          [fetched('1', 4)],
          [fetched('2', 5)],
          [fetched('1', 6)],
        ),
    },
  ],
};
