import { errorCodeFromNumber, RequestError, RpcError } from '@moldau/base';
import { type ClusterImage, type TopicImage, topicByName } from '@moldau/metadata';
import { ControllerService, type CreateTopicsRequest, CreateTopicsResponse } from '@moldau/proto';
import type { ControllerLink } from '../lifecycle/controller-link.ts';
import type { MetadataObserver } from '../metadata/metadata-observer.ts';
import type { GroupSettings } from './group-settings.ts';

/** Where groups and their offsets are kept. */
export const OFFSETS_TOPIC = '__consumer_offsets';

const CREATE_TIMEOUT_MS = 5000;
const APPLY_WAIT_MS = 1000;

/**
 * The partition that a group belongs to: Kafka's way, so that tools which work it out themselves are right. Java's hash of the
 * name, over its UTF-16 units.
 */
export function partitionForGroup(groupId: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < groupId.length; index++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0;
  return (hash & 0x7fff_ffff) % partitions;
}

/** Creates the topic when it is first wanted. */
export class OffsetsTopic {
  readonly #observer: Pick<MetadataObserver, 'image' | 'awaitOffset'>;
  readonly #link: Pick<ControllerLink, 'call'>;
  readonly #settings: GroupSettings;
  #creating: Promise<void> | undefined;

  constructor(
    observer: Pick<MetadataObserver, 'image' | 'awaitOffset'>,
    link: Pick<ControllerLink, 'call'>,
    settings: GroupSettings,
  ) {
    this.#observer = observer;
    this.#link = link;
    this.#settings = settings;
  }

  get image(): ClusterImage {
    return this.#observer.image;
  }

  get topic(): TopicImage | undefined {
    return topicByName(this.#observer.image, OFFSETS_TOPIC);
  }

  /** @throws RequestError COORDINATOR_NOT_AVAILABLE: it is not there yet, and the client tries again */
  async ensure(): Promise<TopicImage> {
    if (this.topic === undefined) {
      this.#creating ??= this.#create().finally(() => {
        this.#creating = undefined;
      });
      await this.#creating;
    }
    const { topic } = this;
    if (topic === undefined)
      throw new RequestError('COORDINATOR_NOT_AVAILABLE', `topic ${OFFSETS_TOPIC} is being made`);
    return topic;
  }

  async #create(): Promise<void> {
    let response = CreateTopicsResponse.create({});
    try {
      response = await this.#link.call(ControllerService.createTopics, this.#request(), CREATE_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof RequestError)) throw error;
      const message = `topic ${OFFSETS_TOPIC} could not be created (${error.message}); ask again`;
      throw new RequestError('COORDINATOR_NOT_AVAILABLE', message, { cause: error });
    }
    const outcome = response.topics[0]?.outcome ?? { errorCode: 0, message: '' };
    // Another broker was asked at the same time.
    if (outcome.errorCode !== 0 && errorCodeFromNumber(outcome.errorCode) !== 'TOPIC_ALREADY_EXISTS') {
      const message = `topic ${OFFSETS_TOPIC} could not be created: ${outcome.message}`;
      throw new RequestError('COORDINATOR_NOT_AVAILABLE', message);
    }
    await this.#observer.awaitOffset(response.metadataOffset, APPLY_WAIT_MS);
  }

  #request(): CreateTopicsRequest {
    const { topicPartitions, topicReplicationFactor, topicSegmentBytes } = this.#settings;
    // Also brokers that are down just now: what is created with fewer replicas would stay so.
    const brokers = Math.max(1, this.image.brokers.size);
    return {
      validateOnly: false,
      topics: [
        {
          name: OFFSETS_TOPIC,
          partitions: topicPartitions,
          replicationFactor: Math.min(topicReplicationFactor, brokers),
          assignments: [],
          configs: new Map([
            ['durability', 'flushed'],
            ['retention.ms', '-1'],
            ['retention.bytes', '-1'],
            ['segment.bytes', String(topicSegmentBytes)],
          ]),
        },
      ],
    };
  }
}
