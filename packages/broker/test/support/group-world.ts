import { utf8Encode } from '@moldau/base';
import type { GroupCoordinator, JoinGroup } from '../../src/groups/group-coordinator.ts';
import type { GroupSettings } from '../../src/groups/group-settings.ts';
import type { JoinAnswer } from '../../src/groups/group-types.ts';
import { partitionForGroup } from '../../src/groups/offsets-topic.ts';
import { BrokerWorld } from './broker-world.ts';

/** Brokers, a topic `t` to read, and groups that are asked directly, as a door would. */
export class GroupWorld extends BrokerWorld {
  topicId = '';
  readonly #partitions: number;

  constructor(seed: string, groups: Partial<GroupSettings> = {}) {
    const settings = { initialRebalanceDelayMs: 100, topicPartitions: 2, ...groups };
    super(seed, [], { groups: settings }, {});
    this.#partitions = settings.topicPartitions;
  }

  async openWith(brokers: number): Promise<void> {
    await this.open(brokers);
    const ids = Array.from({ length: brokers }, (_, index) => index + 1);
    this.topicId = this.controller.createTopic('t', [ids, ids, ids, ids]);
    await this.run(500);
    await this.coordinatorId('g');
  }

  partitionOf(groupId: string): number {
    return partitionForGroup(groupId, this.#partitions);
  }

  /** Asks whoever lives until one says who it is. */
  async coordinatorId(groupId: string): Promise<number> {
    for (let attempt = 0; attempt < 200; attempt++) {
      for (const id of [1, 2, 3]) {
        if (!this.isUp(id)) continue;
        const found = await this.settle(
          this.broker(id)
            .groups.find(groupId)
            .catch(() => undefined),
        );
        if (found === undefined || !this.isUp(found.brokerId)) continue;
        const shard = this.broker(found.brokerId).groups.inspect(this.partitionOf(groupId));
        if (shard !== undefined && shard.fault === undefined) return found.brokerId;
      }
      await this.run(100);
    }
    throw new Error('there is no coordinator');
  }

  isUp(id: number): boolean {
    try {
      this.broker(id);
      return true;
    } catch {
      return false;
    }
  }

  async coordinator(groupId: string): Promise<GroupCoordinator> {
    return this.broker(await this.coordinatorId(groupId)).groups;
  }

  join(groups: GroupCoordinator, groupId: string, more: Partial<JoinGroup> = {}): Promise<JoinAnswer> {
    return groups.join(groupId, {
      memberId: '',
      instanceId: null,
      clientId: 'test',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: utf8Encode('r') }],
      canRetryWithId: false,
      canSkipAssignment: false,
      ...more,
    });
  }

  /** One member comes in, and is assigned its own id as bytes. */
  async stable(groups: GroupCoordinator, groupId: string): Promise<JoinAnswer> {
    const answer = await this.settle(this.join(groups, groupId));
    const assignments = new Map([[answer.memberId, utf8Encode(answer.memberId)]]);
    const { memberId, generation } = answer;
    const said = { memberId, generation, instanceId: null, protocolType: null, protocol: null };
    const synced = await this.settle(groups.sync(groupId, { ...said, assignments }));
    if (synced.error !== undefined) throw new Error(synced.error);
    return answer;
  }

  /** Commits an offset of `t`; gives the error. */
  async commit(
    groups: GroupCoordinator,
    groupId: string,
    offset: number,
    from: { readonly memberId?: string; readonly generation?: number; readonly partition?: number } = {},
  ): Promise<string | undefined> {
    const { memberId = '', generation = -1, partition = 0 } = from;
    const offsets = [{ topic: 't', topicId: '', partition, offset, leaderEpoch: 3, metadata: `at ${offset}` }];
    const [error] = await groups.commit(groupId, { memberId, generation, instanceId: null, offsets });
    return error;
  }

  committed(groups: GroupCoordinator, groupId: string, partition = 0): number | string | undefined {
    const found = groups.fetchOffsets(groupId, [{ topic: 't', topicId: '', partitions: [partition] }]);
    return found.error ?? found.topics[0]?.partitions[0]?.entry?.offset;
  }

  /** All that a coordinator knows of the groups of that partition, comparably. */
  state(id: number, partition: number): unknown {
    const shard = this.broker(id).groups.inspect(partition);
    if (shard === undefined) throw new Error(`broker ${id} does not coordinate partition ${partition}`);
    const offsets = [...shard.offsets].map(([group, each]) => [group, [...each.latest()].map(textOf).sort()] as const);
    return {
      groups: [...shard.snapshots].sort(([left], [right]) => (left < right ? -1 : 1)),
      offsets: offsets.sort(([left], [right]) => (left < right ? -1 : 1)),
    };
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value);
}
