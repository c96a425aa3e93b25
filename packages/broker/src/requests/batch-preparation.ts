import { concatBytes, MalformedBytesError, type Ports } from '@moldau/base';
import type { TopicConfig } from '@moldau/metadata';
import {
  BATCH_HEADER_BYTES,
  type BatchAt,
  type BatchHeader,
  type Codec,
  codecOf,
  compress,
  compressionCodec,
  decompress,
  inSteps,
  type WalkedRecord,
  walkRecords,
  withRecords,
} from '@moldau/records';
import type { Partition } from '../partition/partition.ts';
import { looksAtRecords, type RecordFaults, recordFaults } from './record-rules.ts';

/** Each holds a batch, and what it is decompressed: at most 31 and 128 MiB. More of them would not be faster: all wait for the threads. */
const WORKING_MAX = 4;
/** Uncompressed records of this size are looked at at once, within some ms. */
const AT_ONCE_BYTES_MAX = 256 * 1024;

/**
 * Work on the records of batches, aside: so many at once, and no turn of the event loop is held up.
 *
 * Batches that cannot be appended as they came in the turn in which they came: they have to be decompressed to be looked at, or
 * are kept in another codec. While one of a partition is worked on, those behind it wait, whatever they are: what a producer
 * sent first is appended first.
 */
export class BatchPreparation {
  readonly #ports: Pick<Ports, 'compression' | 'timers' | 'checksum' | 'clock' | 'stopProcess'>;
  readonly #last = new Map<Partition, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #working = 0;

  constructor(ports: Pick<Ports, 'compression' | 'timers' | 'checksum' | 'clock' | 'stopProcess'>) {
    this.#ports = ports;
  }

  /** Whether something of the partition is on its way, behind which later batches have to wait. */
  isBusy(partition: Partition): boolean {
    return this.#last.has(partition);
  }

  /** Runs behind all that was put in for the partition before. */
  run(partition: Partition, work: () => Promise<void>): void {
    const before = this.#last.get(partition) ?? Promise.resolve();
    const done = before
      .then(() => work())
      .catch(this.#ports.stopProcess)
      .then(() => {
        if (this.#last.get(partition) === done) this.#last.delete(partition);
      });
    this.#last.set(partition, done);
  }

  /** The bytes to append, or what is wrong with the records. `records` has been validated. @throws MalformedBytesError */
  async prepare(
    records: Uint8Array,
    batches: readonly BatchAt[],
    config: TopicConfig,
  ): Promise<Uint8Array | RecordFaults> {
    return await this.#inRoom(async () => {
      const parts: Uint8Array[] = [];
      for (const { header, position } of batches) {
        const part = await this.#prepareOne(records.subarray(position, position + header.sizeBytes), {
          header,
          config,
        });
        if (!(part instanceof Uint8Array)) return part;
        parts.push(part);
      }
      return concatBytes(parts);
    });
  }

  /** Walks the records of a batch that may be compressed, until `visit` says false. @throws MalformedBytesError */
  async walk(batch: Uint8Array, header: BatchHeader, visit: (record: WalkedRecord) => boolean): Promise<void> {
    await this.#inRoom(async () => {
      const codec = codecOf(compressionCodec(header));
      const compressed = batch.subarray(BATCH_HEADER_BYTES, header.sizeBytes);
      const plain = codec === undefined ? compressed : await decompress(this.#ports, codec, compressed);
      await inSteps(walkRecords(plain, header, visit), this.#ports.timers);
    });
  }

  async #prepareOne(
    batch: Uint8Array,
    { header, config }: { readonly header: BatchHeader; readonly config: TopicConfig },
  ): Promise<Uint8Array | RecordFaults> {
    const codec = codecOf(compressionCodec(header));
    const target = targetCodec(codec, config);
    if (codec === target && !looksAtRecords(config)) return batch;
    const compressed = batch.subarray(BATCH_HEADER_BYTES);
    const plain = codec === undefined ? compressed : await decompress(this.#ports, codec, compressed);
    const nowWallMs = this.#ports.clock.wallMs();
    const faults = await inSteps(recordFaults(plain, header, config, nowWallMs), this.#ports.timers);
    if (faults !== undefined) return faults;
    if (codec === target) return batch;
    const kept = target === undefined ? plain : await compress(this.#ports, target, plain, config.compressionLevel);
    return withRecords(batch, kept, target, this.#ports.checksum);
  }

  async #inRoom<T>(work: () => Promise<T>): Promise<T> {
    while (this.#working >= WORKING_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#working++;
    try {
      return await work();
    } finally {
      this.#working--;
      this.#waiting.shift()?.();
    }
  }
}

/** How the batch is to be kept. Undefined: not compressed. */
function targetCodec(codec: Codec | undefined, { compressionType }: TopicConfig): Codec | undefined {
  if (compressionType === 'producer') return codec;
  return compressionType === 'uncompressed' ? undefined : compressionType;
}

/** Whether it is kept in another codec than it came in. @throws MalformedBytesError for a codec that there is not */
export function isConverted(header: BatchHeader, config: TopicConfig): boolean {
  const codec = codecOf(compressionCodec(header));
  return codec !== targetCodec(codec, config);
}

/** Whether that takes longer than a turn may. A batch that cannot be read is refused by whoever would append it. */
export function needsPreparation(batches: readonly BatchAt[], config: TopicConfig): boolean {
  const looks = looksAtRecords(config);
  return batches.some(({ header }) => {
    try {
      if (isConverted(header, config)) return true;
      return looks && (compressionCodec(header) !== 0 || header.sizeBytes > AT_ONCE_BYTES_MAX);
    } catch (error) {
      if (error instanceof MalformedBytesError) return false;
      throw error;
    }
  });
}
