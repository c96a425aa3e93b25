import { type ConfigDefinition, integer } from './config-definition.ts';

const INT32_MAX = 2 ** 31 - 1;
const MIB = 1024 * 1024;
const LEADER_SELECTOR = 'org.apache.kafka.common.replica.LeaderSelector';
export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** Configs of topics. All are served; Kafka's others are in {@link NOT_SERVED}. */
export const TOPIC_CONFIGS: readonly ConfigDefinition[] = [
  {
    name: 'cleanup.policy',
    defaultName: 'log.cleanup.policy',
    type: {
      kind: 'choice',
      values: ['delete'],
      refused: {
        compact: 'Compaction is not served yet: use "delete".',
        'compact,delete': 'Compaction is not served yet: use "delete".',
        'delete,compact': 'Compaction is not served yet: use "delete".',
      },
    },
    defaultValue: 'delete',
    scopes: ['topic', 'cluster'],
    doc: 'How old records go: "delete" removes whole segments by retention.ms and retention.bytes.',
  },
  {
    name: 'retention.ms',
    defaultName: 'log.retention.ms',
    type: integer(-1),
    defaultValue: String(WEEK_MS),
    scopes: ['topic', 'cluster'],
    doc: 'Records older than this many ms are deleted with their segment. -1: never by age.',
  },
  {
    name: 'retention.bytes',
    defaultName: 'log.retention.bytes',
    type: integer(-1),
    defaultValue: '-1',
    scopes: ['topic', 'cluster'],
    doc: 'The oldest segments of a partition are deleted while it is larger than this many bytes. -1: never by size.',
  },
  {
    name: 'segment.bytes',
    defaultName: 'log.segment.bytes',
    type: integer(4096, INT32_MAX),
    defaultValue: String(1024 * MIB),
    scopes: ['topic', 'cluster'],
    doc: 'A segment of the log is closed at this many bytes. Only closed segments are deleted.',
  },
  {
    name: 'segment.ms',
    defaultName: 'log.roll.ms',
    type: integer(1),
    defaultValue: String(WEEK_MS),
    scopes: ['topic', 'cluster'],
    doc: 'A segment is closed when its first record is older than this many ms.',
  },
  {
    name: 'min.insync.replicas',
    defaultName: 'min.insync.replicas',
    type: integer(1, INT32_MAX),
    defaultValue: '2',
    // Not per broker: what counts as acknowledged must not depend on who leads (KIP-966).
    scopes: ['topic', 'cluster'],
    doc: 'With acks=all a record is acknowledged only while so many replicas are in sync. With fewer replicas than this, all of them.',
  },
  {
    name: 'max.message.bytes',
    defaultName: 'message.max.bytes',
    // A frame of a broker's journal holds 32 MiB, with what stands before the batch.
    type: integer(0, 31 * MIB),
    defaultValue: '1048588',
    scopes: ['topic', 'cluster'],
    doc: 'The largest record batch taken, in bytes, as sent (compressed).',
  },
  {
    name: 'message.timestamp.type',
    defaultName: 'log.message.timestamp.type',
    type: { kind: 'choice', values: ['CreateTime', 'LogAppendTime'] },
    defaultValue: 'CreateTime',
    scopes: ['topic', 'cluster'],
    doc: "The time of a record: the producer's (CreateTime) or the leader's at append (LogAppendTime).",
  },
  {
    name: 'compression.type',
    defaultName: 'compression.type',
    type: {
      kind: 'choice',
      values: ['producer'],
      refused: Object.fromEntries(
        ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec) => [
          codec,
          'The broker does not recompress: use "producer" and set the codec in the producers.',
        ]),
      ),
    },
    defaultValue: 'producer',
    scopes: ['topic', 'cluster'],
    doc: 'Batches are kept as the producer compressed them.',
  },
  {
    name: 'unclean.leader.election.enable',
    defaultName: 'unclean.leader.election.enable',
    type: {
      kind: 'choice',
      values: ['false'],
      refused: {
        true: 'Moldau never elects a replica that is behind by itself. Ask for it by name where you accept the loss: ElectLeaders with unclean=true.',
      },
    },
    defaultValue: 'false',
    scopes: ['topic', 'cluster'],
    doc: 'Always false: an unclean election is asked for by the name of the partition.',
  },
  {
    name: 'durability',
    defaultName: 'durability',
    type: { kind: 'choice', values: ['flushed', 'replicated'] },
    defaultValue: 'flushed',
    scopes: ['topic', 'cluster'],
    doc: 'What an acknowledgement with acks=all means on each in-sync replica: on disk (flushed), or in memory and on disk soon (replicated). With "replicated" a crash costs a replica its claim to lead, and the topic cannot become flushed any more.',
  },
];

/** Configs of brokers, and of the cluster as a whole. */
export const BROKER_CONFIGS: readonly ConfigDefinition[] = [
  {
    name: 'replica.lag.time.max.ms',
    defaultName: 'replica.lag.time.max.ms',
    type: integer(100, INT32_MAX),
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
    name: 'num.partitions',
    defaultName: 'num.partitions',
    type: integer(1, 10_000),
    defaultValue: '1',
    scopes: ['cluster'],
    doc: 'Partitions of a topic that is created without a count.',
  },
  {
    name: 'default.replication.factor',
    defaultName: 'default.replication.factor',
    type: integer(1, 32_767),
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

/** Kafka's configs of topics that Moldau knows of and does not serve: refused by name, so that nobody believes them in force. */
export const NOT_SERVED: ReadonlySet<string> = new Set([
  'delete.retention.ms',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'follower.replication.throttled.replicas',
  'index.interval.bytes',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'max.compaction.lag.ms',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'preallocate',
  'remote.storage.enable',
  'segment.index.bytes',
  'segment.jitter.ms',
]);
