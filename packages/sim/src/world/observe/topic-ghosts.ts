import { type ClusterImage, topicConfig } from '@moldau/metadata';
import { ImageTracker } from '../../checkers/image-tracker.ts';
import { partitionsOf } from '../../checkers/partition-state.ts';
import { type Ghost, PartitionGhost } from '../../ghost/ghost.ts';
import type { Observation } from '../../observation.ts';

/** A ghost for each partition from the batch that creates it on, so that it is there before anybody can write to it. */
export function topicGhosts(ghost: Ghost, onImage: (image: ClusterImage) => void): (observation: Observation) => void {
  const tracker = new ImageTracker();
  return (observation) => {
    const image = tracker.next(observation)?.after;
    if (image === undefined) return;
    for (const topic of image.topics.values()) ghost.topicIds.set(topic.name, topic.topicId);
    for (const { key, topicId } of partitionsOf(image)) {
      const topic = image.topics.get(topicId);
      if (topic === undefined || ghost.partitions.has(key) || ghost.condemned.has(topic.name)) continue;
      ghost.partitions.set(key, new PartitionGhost(topicConfig(image, topic.name).durability === 'flushed'));
    }
    onImage(image);
  };
}
