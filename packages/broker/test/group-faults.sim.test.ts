import { SimRandom } from '@moldau/sim';
import { expect, test } from 'vitest';
import { OFFSETS_TOPIC } from '../src/groups/offsets-topic.ts';
import { GroupWorld } from './support/group-world.ts';

const BROKERS = [1, 2, 3];
const STEPS = 40;

/** A commit that was handed in; `error` is set when it was answered. */
interface Commit {
  readonly offset: number;
  answer: { readonly error: string | undefined } | undefined;
}

/**
 * One group without members, whose offset only ever rises, while brokers die, are cut off and leadership moves. What was
 * answered is never lost, what is read never goes back, and every coordinator's state is the replay of its log.
 */
async function run(seed: string): Promise<void> {
  const random = new SimRandom(`group faults ${seed}`);
  const world = new GroupWorld(seed, { trimBytesMin: 3000, topicPartitions: 1, commitTimeoutMs: 2000 });
  await world.openWith(3);
  const topicId = world.controller.image.topicIds.get(OFFSETS_TOPIC) ?? '';
  const commits: Commit[] = [];
  let seen = 0;
  for (let step = 0; step < STEPS; step++) {
    await world.run(random.between(1, 500));
    for (const id of BROKERS) {
      if (!world.isUp(id)) continue;
      const { groups } = world.broker(id);
      for (let count = random.between(0, 4); count >= 1; count--) {
        const commit: Commit = { offset: commits.length + 1, answer: undefined };
        commits.push(commit);
        world.commit(groups, 'g', commit.offset).then(
          (error) => {
            commit.answer = { error };
          },
          (error: unknown) => world.failures.push(error),
        );
        await world.run(random.between(0, 2));
        if (!world.isUp(id)) break;
      }
      await world.run(random.between(0, random.between(0, 2) < 1 ? 1 : 20));
      const acknowledged = highest(commits);
      const read = world.isUp(id) ? world.committed(groups, 'g') : 'down';
      if (typeof read !== 'number') continue;
      expect(read).toBeGreaterThanOrEqual(Math.max(seen, acknowledged));
      seen = read;
      // Something befalls it while its last words are on their way.
      if (random.between(0, 2) < 1) break;
    }
    await inflict(world, random, topicId);
  }
  world.network.healAll();
  for (const id of BROKERS) if (!world.isUp(id)) await world.startBroker(id);
  await world.run(10_000);
  await judge(world, topicId, commits);
}

async function judge(world: GroupWorld, topicId: string, commits: readonly Commit[]): Promise<void> {
  let before: unknown;
  for (const id of BROKERS) {
    const isr = (): readonly number[] => world.controller.image.topics.get(topicId)?.partitions[0]?.isr ?? [];
    await world.until(() => isr().length === 3);
    world.controller.moveLeader(topicId, 0, id);
    await world.until(() => {
      const shard = world.broker(id).groups.inspect(0);
      return shard !== undefined && shard.fault === undefined;
    });
    expect(world.committed(world.broker(id).groups, 'g')).toBeGreaterThanOrEqual(highest(commits));
    before ??= world.state(id, 0);
    expect(world.state(id, 0)).toEqual(before);
  }
}

async function inflict(world: GroupWorld, random: SimRandom, topicId: string): Promise<void> {
  const leader = world.controller.image.topics.get(topicId)?.partitions[0]?.leader ?? -1;
  const id = leader > 0 && random.between(0, 2) < 1 ? leader : Math.floor(random.between(1, 4));
  const dead = BROKERS.filter((each) => !world.isUp(each));
  const kind = Math.floor(random.between(0, 8));
  if (kind <= 1 && dead.length === 0) {
    world.kill(id);
    if (kind === 1) world.node(id).disk.losePower();
  } else if (kind <= 3 && dead[0] !== undefined) {
    await world.startBroker(dead[0]);
  } else if (kind === 4) {
    world.network.partition(`broker-${id}`, random.between(0, 2) < 1 ? 'controller' : `broker-${(id % 3) + 1}`);
  } else if (kind === 5) {
    world.network.healAll();
  } else {
    world.controller.moveLeader(topicId, 0, (id % 3) + 1);
  }
}

function highest(commits: readonly Commit[]): number {
  return commits.reduce((most, { offset, answer }) => {
    return answer !== undefined && answer.error === undefined ? Math.max(most, offset) : most;
  }, 0);
}

test.each(Array.from({ length: 30 }, (_, index) => `${index}`))(
  'offsets outlive what befalls brokers: seed %s',
  async (seed) => {
    await run(seed);
  },
);
