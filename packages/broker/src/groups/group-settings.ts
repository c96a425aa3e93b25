/** How a broker coordinates groups. Kafka's names of the settings are given; its defaults unless a reason says otherwise. */
export interface GroupSettings {
  /** `group.min.session.timeout.ms`: a shorter one is refused. Default 6 s. */
  readonly sessionTimeoutMsMin: number;
  /** `group.max.session.timeout.ms`: a longer one is refused. Default 30 min. */
  readonly sessionTimeoutMsMax: number;
  /** `group.initial.rebalance.delay.ms`: how long the first member of an empty group waits for others. Default 3 s. */
  readonly initialRebalanceDelayMs: number;
  /** `group.max.size`: members of a group, and as many that were given an id and have not come with it. Default 5000 (Kafka: no bound). */
  readonly groupSizeMax: number;
  /** Groups that this broker coordinates. Default 20,000. */
  readonly groupsMax: number;
  /** What one member tells in all its protocols together, in bytes. Default 256 KiB. */
  readonly memberMetadataBytesMax: number;
  /** Of a group: what all members tell, and what all are assigned. One record holds it. Default 4 MiB each. */
  readonly groupMetadataBytesMax: number;
  /** `offset.metadata.max.bytes`: what may be committed beside an offset. Default 4096. */
  readonly offsetMetadataBytesMax: number;
  /** Partitions that one group may have committed offsets of. Default 100,000. */
  readonly offsetsPerGroupMax: number;
  /** `offsets.retention.minutes`, in ms: how long offsets stay once nobody uses them. Default 7 days. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms`. Default 10 min. */
  readonly offsetsRetentionCheckMs: number;
  /** `offsets.commit.timeout.ms`: how long a change may take to be replicated until it is answered with an error. Default 5 s. */
  readonly commitTimeoutMs: number;
  /** `offsets.topic.num.partitions`. Default 12: each has its coordinator, and Kafka's 50 would be most partitions of a small cluster. */
  readonly topicPartitions: number;
  /** `offsets.topic.replication.factor`: at most; fewer while there are fewer brokers. Default 3. */
  readonly topicReplicationFactor: number;
  /** `offsets.topic.segment.bytes`. Default 16 MiB: what was trimmed goes by whole segments. */
  readonly topicSegmentBytes: number;
  /** A partition of the offsets topic is trimmed once it has grown by this, or by twice its state. Default 4 MiB. */
  readonly trimBytesMin: number;
}

export const GROUP_SETTINGS_DEFAULT: GroupSettings = {
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 30 * 60_000,
  initialRebalanceDelayMs: 3000,
  groupSizeMax: 5000,
  groupsMax: 20_000,
  memberMetadataBytesMax: 256 * 1024,
  groupMetadataBytesMax: 4 * 1024 * 1024,
  offsetMetadataBytesMax: 4096,
  offsetsPerGroupMax: 100_000,
  offsetsRetentionMs: 7 * 24 * 60 * 60_000,
  offsetsRetentionCheckMs: 10 * 60_000,
  commitTimeoutMs: 5000,
  topicPartitions: 12,
  topicReplicationFactor: 3,
  topicSegmentBytes: 16 * 1024 * 1024,
  trimBytesMin: 4 * 1024 * 1024,
};
