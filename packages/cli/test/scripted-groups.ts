import { errorNumber } from '@moldau/base';
import { ApiService } from '@moldau/proto';

/** An assignment of partition 0 of `orders`, as Kafka's consumer protocol has it. */
const ORDERS_0 = bytes('00 00  00 00 00 01  00 06 6f 72 64 65 72 73  00 00 00 01  00 00 00 00  ff ff ff ff');
/** A subscription of `orders`. */
const WANTS_ORDERS = bytes('00 00  00 00 00 01  00 06 6f 72 64 65 72 73  ff ff ff ff');

interface ScriptedGroup {
  /** Undefined: nobody is in it. */
  member: string | undefined;
  /** `topic/partition` -> offset. */
  readonly offsets: Map<string, number>;
}

/** Groups of one member at most, which reads partition 0 of `orders`. */
export class ScriptedGroups {
  readonly all = new Map<string, ScriptedGroup>();
  #lists = 0;

  add(name: string, offsets: Readonly<Record<string, number>>, member?: string): ScriptedGroup {
    const group = { member, offsets: new Map(Object.entries(offsets)) };
    this.all.set(name, group);
    return group;
  }

  /** undefined: it is about something else. */
  answer(path: string, request: unknown): unknown {
    const asked = request as {
      groupId: string;
      memberId: string;
      generation: number;
      offsets: { topic: string; topicId: string; partition: number; offset: number }[];
      topics: { topic: string; partitions: number[] }[];
      all: boolean;
    };
    const group = this.all.get(asked.groupId);
    switch (path) {
      case ApiService.findCoordinator.path:
        return { brokerId: 2, grpcAddress: '127.0.0.1:19101' };
      case ApiService.listGroups.path:
        return { errorCode: 0, groups: this.#listed() };
      case ApiService.describeGroup.path:
        return group === undefined ? { errorCode: errorNumber('GROUP_ID_NOT_FOUND'), members: [] } : describe(group);
      case ApiService.fetchOffsets.path:
        return { errorCode: 0, offsets: committed(group, asked) };
      case ApiService.commitOffsets.path:
        return this.#commit(asked);
      case ApiService.deleteGroup.path:
        return { errorCode: this.all.delete(asked.groupId) ? 0 : errorNumber('GROUP_ID_NOT_FOUND') };
      case ApiService.joinGroup.path:
        return this.#join(asked.groupId, asked.memberId);
      case ApiService.syncGroup.path:
        return { errorCode: 0, assignment: ORDERS_0 };
      case ApiService.groupHeartbeat.path:
        return { errorCode: 0 };
      case ApiService.leaveGroup.path:
        if (group !== undefined) group.member = undefined;
        return { errorCode: 0, memberErrorCodes: [0] };
      default:
        return undefined;
    }
  }

  /** All brokers are one here: only one of them lists them. */
  #listed(): unknown[] {
    this.#lists++;
    if (this.#lists % 3 !== 1) return [];
    return [...this.all].map(([groupId, { member }]) => {
      return { groupId, protocolType: 'consumer', state: member === undefined ? 'Empty' : 'Stable' };
    });
  }

  #join(groupId: string, memberId: string): unknown {
    const group = this.all.get(groupId) ?? this.add(groupId, {});
    if (memberId === '') return { errorCode: errorNumber('MEMBER_ID_REQUIRED'), memberId: 'm-1', members: [] };
    group.member = memberId;
    const members = [{ memberId, instanceId: '', metadata: WANTS_ORDERS }];
    const generation = {
      generation: 1,
      protocolType: 'consumer',
      protocol: 'cooperative-sticky',
      skipAssignment: false,
    };
    return { errorCode: 0, ...generation, leader: memberId, memberId, members };
  }

  #commit({
    groupId,
    memberId,
    offsets,
  }: {
    groupId: string;
    memberId: string;
    offsets: readonly Committed[];
  }): unknown {
    const group = this.all.get(groupId) ?? this.add(groupId, {});
    const isRefused = (group.member ?? '') !== memberId;
    for (const { topic, topicId, partition, offset } of isRefused ? [] : offsets) {
      group.offsets.set(`${topic === '' ? topicId.slice('id-'.length) : topic}/${partition}`, offset);
    }
    return { errorCodes: offsets.map(() => (isRefused ? errorNumber('UNKNOWN_MEMBER_ID') : 0)) };
  }
}

interface Committed {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
}

function describe({ member }: ScriptedGroup): unknown {
  const isStable = member !== undefined;
  const one = { memberId: member, instanceId: '', clientId: 'shop', clientHost: '/127.0.0.1' };
  return {
    errorCode: 0,
    state: isStable ? 'Stable' : 'Empty',
    protocolType: 'consumer',
    protocol: isStable ? 'range' : '',
    generation: 3,
    members: isStable ? [{ ...one, subscription: WANTS_ORDERS, assignment: ORDERS_0 }] : [],
  };
}

function committed(
  group: ScriptedGroup | undefined,
  { all, topics }: { readonly all: boolean; readonly topics: readonly { topic: string; partitions: number[] }[] },
): unknown {
  const names = all
    ? [...(group?.offsets.keys() ?? [])]
    : topics.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`));
  return names.map((name) => {
    const [topic = '', partition] = name.split('/');
    return {
      topic,
      partition: Number(partition),
      offset: group?.offsets.get(name) ?? -1,
      leaderEpoch: -1,
      metadata: '',
    };
  });
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(/\s+/), (each) => Number.parseInt(each, 16));
}
