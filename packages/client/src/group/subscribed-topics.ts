import type { AbortSignalLike } from '@moldau/base';
import { ApiService } from '@moldau/proto';
import type { PartitionCounts } from './assignor.ts';
import type { GroupSource } from './group-source.ts';

/** Internal topics match no pattern, as in Kafka. */
const INTERNAL = /^__/;
const LOOK_TIMEOUT_MS = 10_000;

/** The topics that a member wants, by their names or by a pattern, and what is known of them. */
export class SubscribedTopics {
  readonly #source: GroupSource;
  readonly #wanted: readonly string[] | RegExp;
  #names: readonly string[];
  readonly #told = new Set<string>();

  constructor(source: GroupSource, wanted: readonly string[] | RegExp) {
    this.#source = source;
    this.#wanted = wanted;
    this.#names = wanted instanceof RegExp ? [] : [...new Set(wanted)].sort();
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Asks what there is. @throws MoldauError */
  async look(signal: AbortSignalLike): Promise<void> {
    if (this.#wanted instanceof RegExp) await this.#match(this.#wanted, signal);
    await this.#source.metadata.ask(this.#names);
    for (const topic of this.#names) {
      const isThere = this.#source.metadata.topic(topic) !== undefined;
      if (isThere) this.#told.delete(topic);
      else if (!this.#told.has(topic)) {
        this.#told.add(topic);
        this.#source.ports.logger.warn('consumer.topic_missing', { topic });
      }
    }
  }

  async #match(pattern: RegExp, signal: AbortSignalLike): Promise<void> {
    const { calls, metadata } = this.#source;
    const { topics, metadataOffset } = await calls.any(
      (channel, limits) =>
        channel.call(
          ApiService.metadata,
          { topics: [], brokersOnly: false, minMetadataOffset: metadata.metadataOffset },
          limits,
        ),
      { timeoutMs: LOOK_TIMEOUT_MS, signal },
    );
    metadata.saw(metadataOffset);
    // Not `test`: with a g flag that goes on where it matched before.
    this.#names = topics
      .map(({ name }) => name)
      .filter((name) => !INTERNAL.test(name) && name.search(pattern) >= 0)
      .sort();
  }

  /** How many partitions these topics have, asked anew. @throws MoldauError */
  async counts(topics: readonly string[]): Promise<PartitionCounts> {
    const { metadata } = this.#source;
    await metadata.ask(topics);
    return new Map(topics.map((topic) => [topic, metadata.topic(topic)?.partitionCount ?? 0]));
  }

  /** What a leader's assignment depends on: it differs when these topics have grown, gone, or been made anew. */
  fingerprint(topics: readonly string[]): string {
    const { metadata } = this.#source;
    const parts = [...topics].sort().map((topic) => {
      const known = metadata.topic(topic);
      return `${topic} ${known?.topicId ?? ''} ${known?.partitionCount ?? 0}`;
    });
    return parts.join('\n');
  }
}
