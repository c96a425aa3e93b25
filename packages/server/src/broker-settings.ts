import type { GroupSettings } from '@moldau/broker';
import { NODE_CONFIGS } from '@moldau/metadata';
import type { Settings } from './settings/setting.ts';

/** How a broker coordinates groups, from its settings. */
export function groupSettings(settings: Settings): Partial<GroupSettings> {
  return {
    initialRebalanceDelayMs: settings.integer('group.initial.rebalance.delay.ms'),
    sessionTimeoutMsMin: settings.integer('group.min.session.timeout.ms'),
    sessionTimeoutMsMax: settings.integer('group.max.session.timeout.ms'),
    groupSizeMax: settings.integer('group.max.size'),
    offsetMetadataBytesMax: settings.integer('offset.metadata.max.bytes'),
    offsetsRetentionMs: settings.integer('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckMs: settings.integer('offsets.retention.check.interval.ms'),
    commitTimeoutMs: settings.integer('offsets.commit.timeout.ms'),
    topicPartitions: settings.integer('offsets.topic.num.partitions'),
    topicReplicationFactor: settings.integer('offsets.topic.replication.factor'),
    topicSegmentBytes: settings.integer('offsets.topic.segment.bytes'),
  };
}

/** What was set for this node alone, as it was written: shown to who asks for the configs of the broker. */
export function givenNodeConfigs(settings: Settings): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const { name } of NODE_CONFIGS) {
    const text = settings.given(name);
    if (text !== undefined) given.set(name, text);
  }
  return given;
}
