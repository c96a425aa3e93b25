import { type ClusterImage, topicConfig } from '@moldau/metadata';
import { ImageTracker } from '../../checkers/image-tracker.ts';
import { partitionsOf } from '../../checkers/partition-state.ts';
import type { Ghost } from '../../ghost/ghost.ts';
import { PartitionGhost } from '../../ghost/partition-ghost.ts';
import type { Observation } from '../../observation.ts';

/** The coordinators of groups delete from its logs what they have written again. */
export const OFFSETS_TOPIC = '__consumer_offsets';

/** No run is as long: a record that is kept for this time is kept. */
const RUN_MS_MAX = 24 * 3_600_000;

/** A ghost for each partition from the batch that creates it on, so that it is there before anybody can write to it. */
export function topicGhosts(ghost: Ghost, onImage: (image: ClusterImage) => void): (observation: Observation) => void {
  const tracker = new ImageTracker();
  return (observation) => {
    // What was created and is gone again within one event, nobody can have written to.
    const image = tracker.next(observation).at(-1)?.after;
    if (image === undefined) return;
    for (const topic of image.topics.values()) ghost.topicIds.set(topic.name, topic.topicId);
    for (const { key, topicId } of partitionsOf(image)) {
      const topic = image.topics.get(topicId);
      if (topic === undefined || ghost.partitions.has(key) || ghost.condemned.has(topic.name)) continue;
      const { durability, retentionBytes, retentionMs } = topicConfig(image, topic.name);
      const isTrimmed = topic.name === OFFSETS_TOPIC;
      const hasRetention = isTrimmed || retentionBytes >= 0 || (retentionMs >= 0 && retentionMs < RUN_MS_MAX);
      ghost.partitions.set(key, new PartitionGhost({ flushed: durability === 'flushed', hasRetention }));
    }
    onImage(image);
  };
}
