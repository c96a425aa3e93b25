import { type Disk, pureChecksum, utf8Encode } from '@moldau/base';
import { BatchBuilder, parseBatchHeader, readBatchRecords, splitBatches } from '@moldau/records';
import {
  type Life,
  LogRing,
  Scheduler,
  SimClock,
  SimDisk,
  SimLogger,
  SimProcess,
  SimRandom,
  SimTimers,
} from '@moldau/sim';
import {
  LOG_CONFIG_DEFAULT,
  LOG_DIRECTORY_CONFIG_DEFAULT,
  LogDirectory,
  type LogDirectoryConfig,
  type LogDirectoryPorts,
  type PartitionLog,
} from '../src/index.ts';

export const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAA';
const CLUSTER = 'CCCCCCCCCCCCCCCCCCCCCA';
export const PATH = '/data';

/** Small bounds, so that a few batches reach every path. */
export const SMALL: LogDirectoryConfig = {
  ...LOG_DIRECTORY_CONFIG_DEFAULT,
  tailBytesMax: 8_000,
  checkpointBytes: 3_000,
  freeBytesMin: 1_000,
  openSegmentsMax: 3,
};

export const SMALL_LOG = { ...LOG_CONFIG_DEFAULT, segmentBytesMax: 1_500, retentionMs: -1 };

interface OpenOptions {
  readonly clusterId?: string;
  readonly nodeId?: number;
}

/** One machine with one data directory, whose process may be killed and whose power may fail. */
export class LogWorld {
  readonly scheduler: Scheduler;
  readonly disk: SimDisk;
  readonly ring: LogRing;
  readonly flushed: PartitionLog[][] = [];
  readonly offline: unknown[] = [];
  readonly damaged: PartitionLog[] = [];
  config: LogDirectoryConfig = SMALL;
  plantedBugs: ReadonlySet<string> = new Set();
  /** Between the directory and its disk, for who wants to see what is asked of it. */
  watchDisk: (disk: Disk) => Disk = (disk) => disk;
  readonly #random: SimRandom;
  readonly #process: SimProcess;

  constructor(seed: string | number) {
    this.#random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.#random.fork('scheduler'));
    this.disk = new SimDisk(this.#random.fork('disk'));
    this.ring = new LogRing(this.scheduler);
    this.#process = new SimProcess(this.scheduler, { name: 'broker-1' });
  }

  /** Ports of a new life of the process. */
  ports(): LogDirectoryPorts {
    const life: Life = this.#process.start();
    return {
      disk: this.watchDisk(this.disk.mount(life)),
      checksum: pureChecksum,
      clock: new SimClock(life),
      timers: new SimTimers(life, this.#random.fork(`timers-${this.scheduler.eventCount}`)),
      random: this.#random.fork(`ids-${this.scheduler.eventCount}`),
      logger: new SimLogger(this.ring, 'broker-1'),
    };
  }

  /** `isReported`: the controller hears of the verdict, as it does when a broker registers. */
  async open(options: OpenOptions & { readonly isReported?: boolean } = {}): Promise<LogDirectory> {
    const directory = await this.settle(this.opening(options));
    if (options.isReported !== false) await this.settle(directory.reported());
    return directory;
  }

  /** An opening that may be interrupted. */
  opening(options: OpenOptions = {}): Promise<LogDirectory> {
    const { clusterId = CLUSTER, nodeId = 1 } = options;
    const { config, plantedBugs } = this;
    return LogDirectory.open(
      this.ports(),
      { path: PATH, clusterId, nodeId, config, plantedBugs },
      {
        onFlushed: (logs) => this.flushed.push([...logs]),
        onOffline: (reason) => this.offline.push(reason),
        onDamaged: (log) => this.damaged.push(log),
      },
    );
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.settle(promise, { eventsMax: 200_000 });
  }

  /** Lets the world go on for a while. */
  async pass(durationMs: number): Promise<void> {
    await this.scheduler.run({ untilMs: this.scheduler.nowMs + durationMs });
  }

  kill(): void {
    this.#process.kill();
  }

  crash(): void {
    this.#process.kill();
    this.disk.losePower();
  }
}

export interface BatchOptions {
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly timestampMs?: number;
}

/** One batch with these values. */
export function batchOf(values: readonly string[], options: BatchOptions = {}): Uint8Array<ArrayBuffer> {
  const { producerId = -1, producerEpoch = 0, baseSequence = 0, timestampMs = 1_000 } = options;
  const builder = new BatchBuilder(producerId < 0 ? {} : { producer: { producerId, producerEpoch, baseSequence } });
  for (const value of values) builder.append({ key: null, value: utf8Encode(value), headers: [] }, timestampMs);
  return builder.finish(pureChecksum);
}

export interface ReadRecord {
  readonly offset: number;
  readonly epoch: number;
  readonly value: string;
}

/** All records of a log as a reader sees them, read in small steps. */
export async function readAll(world: LogWorld, log: PartitionLog, maxBytes = 400): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  let from = log.startOffset;
  while (from < log.endOffset) {
    const read = await world.settle(
      Promise.resolve(log.read(from, { maxBytes, end: log.endOffset, minOneBatch: true })),
    );
    if (read.nextOffset === from) throw new Error(`nothing is read at ${from}, the log ends at ${log.endOffset}`);
    for (const part of read.parts) records.push(...recordsOf(part).filter((record) => record.offset >= from));
    from = read.nextOffset;
  }
  return records;
}

export function recordsOf(bytes: Uint8Array): ReadRecord[] {
  return splitBatches(bytes).flatMap(({ position }) => {
    const header = parseBatchHeader(bytes, position);
    return readBatchRecords(bytes, header, position).map(({ offset, value }) => {
      return { offset, epoch: header.leaderEpoch, value: new TextDecoder().decode(value ?? new Uint8Array()) };
    });
  });
}

export function appended(log: PartitionLog, bytes: Uint8Array, epoch = log.epochs.latest): number {
  const result = log.appendAsLeader(bytes, epoch, 1_000);
  if (result.kind !== 'appended') throw new Error(`${result.kind} instead of appended: ${JSON.stringify(result)}`);
  return result.endOffset;
}
