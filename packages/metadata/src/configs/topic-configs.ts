import { type ConfigDefinition, INT64_MAX, int, long } from './config-definition.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
const WEEK_MS = 7 * 24 * HOUR_MS;

const TOPIC_AND_CLUSTER = ['topic', 'cluster'] as const;
const NO_TIERS = 'There is no tiered storage: all of a log is on its brokers.';

/** What is kept, and for how long. */
const RETENTION: readonly ConfigDefinition[] = [
  {
    name: 'cleanup.policy',
    defaultName: 'log.cleanup.policy',
    type: { kind: 'list', values: ['delete', 'compact'] },
    defaultValue: 'delete',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How old records go: "delete" removes whole segments by retention.ms and retention.bytes. "compact" asks for a key in each record and keeps the last record of each key; it does not remove earlier ones yet.',
  },
  {
    name: 'retention.ms',
    defaultName: 'log.retention.ms',
    type: long(-1),
    defaultValue: String(WEEK_MS),
    scopes: TOPIC_AND_CLUSTER,
    greaterUnits: new Map([
      ['log.retention.minutes', 60_000],
      ['log.retention.hours', HOUR_MS],
    ]),
    doc: 'Records older than this many ms are deleted with their segment. -1: never by age.',
  },
  {
    name: 'retention.bytes',
    defaultName: 'log.retention.bytes',
    type: long(-1),
    defaultValue: '-1',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'The oldest segments of a partition are deleted while it is larger than this many bytes. -1: never by size.',
  },
  {
    name: 'segment.bytes',
    defaultName: 'log.segment.bytes',
    type: int(4096),
    defaultValue: String(1024 * MIB),
    scopes: TOPIC_AND_CLUSTER,
    doc: 'A segment of the log is closed at this many bytes. Only closed segments are deleted.',
  },
  {
    name: 'segment.ms',
    defaultName: 'log.roll.ms',
    type: long(1),
    defaultValue: String(WEEK_MS),
    scopes: TOPIC_AND_CLUSTER,
    greaterUnits: new Map([['log.roll.hours', HOUR_MS]]),
    doc: 'A segment is closed when its first record is older than this many ms.',
  },
];

/** What an acknowledgement means. */
const SAFETY: readonly ConfigDefinition[] = [
  {
    name: 'min.insync.replicas',
    defaultName: 'min.insync.replicas',
    type: int(1),
    defaultValue: '2',
    // Not per broker: what counts as acknowledged must not depend on who leads (KIP-966).
    scopes: TOPIC_AND_CLUSTER,
    doc: 'With acks=all a record is acknowledged only while so many replicas are in sync. With fewer replicas than this, all of them.',
  },
  {
    name: 'durability',
    defaultName: 'durability',
    type: { kind: 'choice', values: ['flushed', 'replicated'] },
    defaultValue: 'flushed',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'What an acknowledgement with acks=all means on each in-sync replica: on disk (flushed), or in memory and on disk soon (replicated). With "replicated" a crash costs a replica its claim to lead, and the topic cannot become flushed any more.',
  },
  {
    name: 'unclean.leader.election.enable',
    defaultName: 'unclean.leader.election.enable',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: TOPIC_AND_CLUSTER,
    fixed:
      'Moldau never elects a replica that is behind by itself. Ask for it by name where you accept the loss: ElectLeaders with unclean=true.',
    doc: 'Always false: an unclean election is asked for by the name of the partition.',
  },
];

/** What is taken from a producer, and how it is kept. */
const RECORDS: readonly ConfigDefinition[] = [
  {
    name: 'max.message.bytes',
    defaultName: 'message.max.bytes',
    // A frame of a broker's journal holds 32 MiB, with what stands before the batch.
    type: int(0, 31 * MIB),
    defaultValue: '1048588',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'The largest record batch taken, in bytes, as sent (compressed).',
  },
  {
    name: 'message.timestamp.type',
    defaultName: 'log.message.timestamp.type',
    type: { kind: 'choice', values: ['CreateTime', 'LogAppendTime'] },
    defaultValue: 'CreateTime',
    scopes: TOPIC_AND_CLUSTER,
    doc: "The time of a record: the producer's (CreateTime) or the leader's at append (LogAppendTime).",
  },
  {
    name: 'message.timestamp.before.max.ms',
    defaultName: 'log.message.timestamp.before.max.ms',
    type: long(0),
    defaultValue: INT64_MAX,
    scopes: TOPIC_AND_CLUSTER,
    doc: "How many ms a record's time may lie before that of the broker. Only for CreateTime. Any bound costs a look at each record.",
  },
  {
    name: 'message.timestamp.after.max.ms',
    defaultName: 'log.message.timestamp.after.max.ms',
    type: long(0),
    defaultValue: String(HOUR_MS),
    scopes: TOPIC_AND_CLUSTER,
    doc: "How many ms a record's time may lie after that of the broker. Only for CreateTime.",
  },
  {
    name: 'compression.type',
    defaultName: 'compression.type',
    type: { kind: 'choice', values: ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] },
    defaultValue: 'producer',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How batches are kept: as the producer compressed them (producer), or compressed anew by the leader where they came otherwise.',
  },
  {
    name: 'compression.gzip.level',
    defaultName: 'compression.gzip.level',
    type: int(-1, 9),
    defaultValue: '-1',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How hard the leader compresses with compression.type=gzip, from 0 to 9; -1 leaves it to the codec.',
  },
  {
    name: 'compression.lz4.level',
    defaultName: 'compression.lz4.level',
    type: int(1, 17),
    defaultValue: '9',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How hard the leader compresses with compression.type=lz4.',
  },
  {
    name: 'compression.zstd.level',
    defaultName: 'compression.zstd.level',
    type: int(-131_072, 22),
    defaultValue: '3',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How hard the leader compresses with compression.type=zstd.',
  },
];

/** Which replicas catch up no faster than their brokers' rates allow (KIP-73). */
const REPLICATION: readonly ConfigDefinition[] = [
  {
    name: 'leader.replication.throttled.replicas',
    defaultName: 'leader.replication.throttled.replicas',
    type: { kind: 'list', of: 'replicas' },
    defaultValue: '',
    scopes: ['topic'],
    doc: 'Leaders, as partition:broker, that send to followers which are not in sync within leader.replication.throttled.rate of the broker; "*" for all.',
  },
  {
    name: 'follower.replication.throttled.replicas',
    defaultName: 'follower.replication.throttled.replicas',
    type: { kind: 'list', of: 'replicas' },
    defaultValue: '',
    scopes: ['topic'],
    doc: 'Followers, as partition:broker, that fetch within follower.replication.throttled.rate of the broker as long as they are not in sync; "*" for all.',
  },
];

/** Kafka's, taken so that tools and scripts that name them work: whatever the value, what it promises is kept. */
const WITHOUT_EFFECT: readonly ConfigDefinition[] = [
  {
    name: 'flush.messages',
    defaultName: 'log.flush.interval.messages',
    type: long(1),
    defaultValue: INT64_MAX,
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: see durability, which says what is on disk when a record is acknowledged.',
  },
  {
    name: 'flush.ms',
    defaultName: 'log.flush.interval.ms',
    type: long(0),
    defaultValue: INT64_MAX,
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: see durability, which says what is on disk when a record is acknowledged.',
  },
  {
    name: 'segment.jitter.ms',
    defaultName: 'log.roll.jitter.ms',
    type: long(0),
    defaultValue: '0',
    scopes: TOPIC_AND_CLUSTER,
    greaterUnits: new Map([['log.roll.jitter.hours', HOUR_MS]]),
    doc: 'Without effect: segments are closed at segment.ms, as they were begun, and their writes are paced.',
  },
  {
    name: 'file.delete.delay.ms',
    defaultName: 'log.segment.delete.delay.ms',
    type: long(0),
    defaultValue: '60000',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: a file goes when nobody reads it any more.',
  },
  {
    name: 'index.interval.bytes',
    defaultName: 'log.index.interval.bytes',
    type: int(0),
    defaultValue: '4096',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: the broker decides how dense the index of a segment is.',
  },
  {
    name: 'segment.index.bytes',
    defaultName: 'log.index.size.max.bytes',
    type: int(4),
    defaultValue: '10485760',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: the index of a segment grows with it.',
  },
  {
    name: 'preallocate',
    defaultName: 'log.preallocate',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Without effect: files grow as they are written.',
  },
  {
    name: 'delete.retention.ms',
    defaultName: 'log.cleaner.delete.retention.ms',
    type: long(0),
    defaultValue: '86400000',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How many ms a compacted topic keeps the record that deletes a key. Without effect as long as nothing is compacted.',
  },
  {
    name: 'min.compaction.lag.ms',
    defaultName: 'log.cleaner.min.compaction.lag.ms',
    type: long(0),
    defaultValue: '0',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'How many ms each record of a compacted topic is kept at least. Without effect as long as nothing is compacted.',
  },
  {
    name: 'min.cleanable.dirty.ratio',
    defaultName: 'log.cleaner.min.cleanable.ratio',
    type: { kind: 'decimal', min: 0, max: 1 },
    defaultValue: '0.5',
    scopes: TOPIC_AND_CLUSTER,
    doc: 'Which part of a compacted log may be obsolete before it is compacted. Without effect as long as nothing is compacted.',
  },
];

/** Kafka's, whose other values would promise what is not there. */
const FIXED: readonly ConfigDefinition[] = [
  {
    name: 'max.compaction.lag.ms',
    defaultName: 'max.compaction.lag.ms',
    type: long(1),
    defaultValue: INT64_MAX,
    scopes: ['topic'],
    fixed: 'Compaction does not remove records yet, so not within a time either. Leave it out.',
    doc: 'Always without end: nothing is compacted yet.',
  },
  {
    name: 'remote.storage.enable',
    defaultName: 'remote.storage.enable',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: ['topic'],
    fixed: NO_TIERS,
    doc: 'Always false: there is no tiered storage.',
  },
  {
    name: 'remote.log.copy.disable',
    defaultName: 'remote.log.copy.disable',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: ['topic'],
    fixed: NO_TIERS,
    doc: 'Always false: there is no tiered storage.',
  },
  {
    name: 'remote.log.delete.on.disable',
    defaultName: 'remote.log.delete.on.disable',
    type: { kind: 'boolean' },
    defaultValue: 'false',
    scopes: ['topic'],
    fixed: NO_TIERS,
    doc: 'Always false: there is no tiered storage.',
  },
  {
    name: 'local.retention.ms',
    defaultName: 'local.retention.ms',
    type: long(-2),
    defaultValue: '-2',
    scopes: ['topic'],
    fixed: NO_TIERS,
    doc: 'Always -2, which is retention.ms: there is no tiered storage.',
  },
  {
    name: 'local.retention.bytes',
    defaultName: 'local.retention.bytes',
    type: long(-2),
    defaultValue: '-2',
    scopes: ['topic'],
    fixed: NO_TIERS,
    doc: 'Always -2, which is retention.bytes: there is no tiered storage.',
  },
];

/** In the order of the guide: what matters most first. */
export const TOPIC_CONFIGS: readonly ConfigDefinition[] = [
  ...RETENTION,
  ...SAFETY,
  ...RECORDS,
  ...REPLICATION,
  ...WITHOUT_EFFECT,
  ...FIXED,
];
