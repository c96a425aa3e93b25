import { type ConfigDefinition, INT64_MAX, int, long } from './config-definition.ts';

const LEADER_SELECTOR = 'org.apache.kafka.common.replica.LeaderSelector';
export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';

/** Configs of brokers and of the cluster as a whole that can be changed while they run. */
export const BROKER_CONFIGS: readonly ConfigDefinition[] = [
  {
    name: 'replica.lag.time.max.ms',
    defaultName: 'replica.lag.time.max.ms',
    type: long(100, 2 ** 31 - 1),
    defaultValue: '30000',
    scopes: ['broker', 'cluster'],
    doc: 'A follower that has not caught up with its leader for this many ms leaves the ISR.',
  },
  {
    name: 'replica.selector.class',
    defaultName: 'replica.selector.class',
    type: { kind: 'choice', values: [LEADER_SELECTOR, RACK_AWARE_SELECTOR] },
    defaultValue: LEADER_SELECTOR,
    scopes: ['broker', 'cluster'],
    doc: `Where consumers that name their rack (client.rack) read: with "${RACK_AWARE_SELECTOR}" from an in-sync replica in it, if there is one.`,
  },
  {
    name: 'leader.replication.throttled.rate',
    defaultName: 'leader.replication.throttled.rate',
    type: long(0),
    defaultValue: INT64_MAX,
    scopes: ['broker', 'cluster'],
    doc: 'Bytes a second that a broker sends, of all partitions together, to followers that are not in sync, where leader.replication.throttled.replicas of the topic names it.',
  },
  {
    name: 'follower.replication.throttled.rate',
    defaultName: 'follower.replication.throttled.rate',
    type: long(0),
    defaultValue: INT64_MAX,
    scopes: ['broker', 'cluster'],
    doc: 'Bytes a second that a broker fetches, for all its replicas together that are not in sync, where follower.replication.throttled.replicas of the topic names them.',
  },
  {
    name: 'max.connection.creation.rate',
    defaultName: 'max.connection.creation.rate',
    type: int(1),
    defaultValue: String(2 ** 31 - 1),
    scopes: ['broker', 'cluster'],
    doc: 'Connections of Kafka clients that a broker takes up a second. One that comes earlier waits; one that would have to wait for more than 10 s is closed.',
  },
  {
    name: 'num.partitions',
    defaultName: 'num.partitions',
    type: int(1, 10_000),
    defaultValue: '1',
    scopes: ['cluster'],
    doc: 'Partitions of a topic that is created without a count.',
  },
  {
    name: 'default.replication.factor',
    defaultName: 'default.replication.factor',
    type: int(1, 32_767),
    defaultValue: '3',
    scopes: ['cluster'],
    doc: 'Replicas of the partitions of a topic that is created without a count.',
  },
  {
    name: 'auto.create.topics.enable',
    defaultName: 'auto.create.topics.enable',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: ['cluster'],
    doc: 'Whether a topic that a producer asks for and that does not exist is created, for clients that allow it.',
  },
];
