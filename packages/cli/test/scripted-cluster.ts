import { PassThrough, Readable, Writable } from 'node:stream';
import {
  type ErrorCode,
  errorNumber,
  pureChecksum,
  type Rpc,
  type RpcChannel,
  RpcError,
  type RpcStream,
  type RpcStreamEvents,
} from '@moldau/base';
import { Client } from '@moldau/client';
import { NodeRandom, NodeTimers, nodeCompression, pinoLogger, systemClock } from '@moldau/host';
import {
  ApiService,
  type FetchRequest,
  type ListOffsetsRequest,
  type MetadataRequest,
  type ProduceRequest,
} from '@moldau/proto';
import { assignBatch, type BatchRecord, parseBatchHeader, readBatchRecords } from '@moldau/records';
import { type CliIo, run } from '../src/index.ts';
import { ScriptedGroups } from './scripted-groups.ts';

/** What a command said and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Partition {
  readonly batches: Uint8Array[];
  endOffset: number;
  leaderId: number;
  replicas: readonly number[];
  isr: readonly number[];
  addingReplicas: readonly number[];
  removingReplicas: readonly number[];
}

const QUIET = pinoLogger({ level: 'silent' });

/** One broker's worth of answers, straight from memory: the client and the commands are the real ones. */
export class ScriptedCluster {
  readonly topics = new Map<string, Partition[]>();
  /** What was asked besides reading: path and request. */
  readonly changes: [path: string, request: unknown][] = [];
  readonly groups = new ScriptedGroups();
  brokerIds: readonly number[] = [1, 2, 3];
  /** Whether broker 3 is. */
  fencedBroker = false;
  reachable = true;
  /** What answers knows none of a broker's calls. */
  isController = false;
  /** What becomes of records that are sent. */
  refuseProduce: ErrorCode | undefined;
  /** Answers to changes; by default each is done. */
  onChange: (path: string, request: unknown) => unknown = () => ({ metadataOffset: 1 });

  addTopic(name: string, partitions: number): Partition[] {
    const made = Array.from({ length: partitions }, () => ({
      batches: [],
      endOffset: 0,
      leaderId: 1,
      replicas: [1, 2, 3],
      isr: [1, 2, 3],
      addingReplicas: [],
      removingReplicas: [],
    }));
    this.topics.set(name, made);
    return made;
  }

  records(topic: string): BatchRecord[] {
    const partitions = this.topics.get(topic) ?? [];
    return partitions.flatMap(({ batches }) =>
      batches.flatMap((bytes) => readBatchRecords(bytes, parseBatchHeader(bytes))),
    );
  }

  /** Runs a command as the shell would, without a terminal unless told otherwise. */
  async run(
    argv: readonly string[],
    options: {
      /** A stream may be left open. */
      readonly stdin?: string | Readable;
      readonly inputBytes?: number;
      readonly nowMs?: () => number;
      readonly env?: Record<string, string>;
      /** Of stdin. */
      readonly terminal?: boolean;
      readonly signal?: AbortSignal;
      /** To look at what is printed meanwhile. */
      readonly out?: Collector;
    } = {},
  ): Promise<Said> {
    const out = options.out ?? new Collector();
    const err = new Collector();
    const given = options.stdin ?? '';
    const stdin = Object.assign(given instanceof Readable ? given : new PassThrough().end(given), {
      isTTY: options.terminal === true,
    });
    const rpc = this.#rpc();
    const io: CliIo = {
      stdin,
      stdout: out,
      stderr: err,
      env: options.env ?? {},
      directory: '/nowhere',
      inputBytes: () => options.inputBytes,
      nowMs: options.nowMs ?? (() => performance.now()),
      interrupted: () => options.signal ?? new AbortController().signal,
      createClient: (client) => {
        const timers = new NodeTimers(systemClock);
        return new Client(
          {
            clock: systemClock,
            timers,
            random: new NodeRandom(),
            rpc,
            checksum: pureChecksum,
            compression: nodeCompression,
            logger: QUIET,
          },
          client,
        );
      },
    };
    const code = await run(argv, io);
    return { code, out: out.text, err: err.text };
  }

  #rpc(): Rpc {
    return {
      listen: () => Promise.reject(new Error('clients do not listen')),
      probe: () => Promise.resolve('refused'),
      connect: (address) => this.#channel(address),
    };
  }

  #channel(address: string): RpcChannel {
    return {
      address,
      close: () => undefined,
      call: async (method, request) => {
        await Promise.resolve();
        if (this.isController) throw new RpcError({ code: 'unimplemented', message: `no ${method.path}` });
        if (!this.reachable) throw new RpcError({ code: 'refused', message: `connect to ${address} refused` });
        return this.#answer(method.path, request) as never;
      },
      open: (method, events) => this.#open(method.path, events as RpcStreamEvents<unknown>) as RpcStream<never>,
    };
  }

  #answer(path: string, request: unknown): unknown {
    switch (path) {
      case ApiService.metadata.path:
        return this.#metadata(request as MetadataRequest);
      case ApiService.initProducerId.path:
        return { producerId: 1, producerEpoch: 0 };
      case ApiService.listOffsets.path:
        return { results: (request as ListOffsetsRequest).items.map((item) => this.#offset(item)) };
      case ApiService.describeQuorum.path: {
        const voter = (nodeId: number): unknown => ({
          nodeId,
          directoryId: `dir-${nodeId}`,
          address: `127.0.0.1:${19079 + nodeId}`,
          logEndOffset: nodeId === 11 ? 500 : -1,
          lastContactMs: nodeId === 11 ? 0 : 40,
        });
        const voters = [11, 12, 13].map(voter);
        return {
          clusterId: 'cluster-id',
          leaderId: 11,
          epoch: 3,
          commitOffset: 500,
          voters,
          observers: [],
          nodeId: 11,
        };
      }
      default: {
        const answer = this.groups.answer(path, request);
        if (answer !== undefined) return answer;
        this.changes.push([path, request]);
        return this.onChange(path, request);
      }
    }
  }

  #metadata(request: MetadataRequest): unknown {
    const brokers = this.brokerIds.map((brokerId) => ({
      brokerId,
      grpcAddress: `127.0.0.1:1910${brokerId - 1}`,
      kafkaAddress: '',
      rack: '',
      host: 'here',
      brokerEpoch: 10 + brokerId,
      fenced: this.fencedBroker && brokerId === 3,
      shuttingDown: false,
    }));
    const names = request.brokersOnly ? [] : request.topics.length > 0 ? request.topics : [...this.topics.keys()];
    const topics = names.map((name) => {
      const partitions = this.topics.get(name);
      if (partitions === undefined) return { errorCode: 3, message: '', name, topicId: '', partitions: [] };
      const infos = partitions.map(({ leaderId, replicas, isr, addingReplicas, removingReplicas }, partition) => ({
        partition,
        leaderId,
        leaderEpoch: 4,
        partitionEpoch: 4,
        replicas,
        isr,
        elr: [],
        addingReplicas,
        removingReplicas,
      }));
      return { errorCode: 0, message: '', name, topicId: `id-${name}`, partitions: infos };
    });
    return { metadataOffset: 1, clusterId: 'cluster-id', controllerId: 11, brokers, topics };
  }

  #partition(topicId: string, partition: number): Partition | undefined {
    return this.topics.get(topicId.slice('id-'.length))?.[partition];
  }

  #offset({ topicId, partition, timestamp }: ListOffsetsRequest['items'][number]): unknown {
    const found = this.#partition(topicId, partition);
    const end = found?.endOffset ?? 0;
    const searched = timestamp < 0 ? [] : (found?.batches ?? []);
    const records = searched.flatMap((bytes) => readBatchRecords(bytes, parseBatchHeader(bytes)));
    const young = records.find((record) => record.timestampMs >= timestamp);
    const offset = timestamp === -1 ? end : timestamp === -2 ? 0 : (young?.offset ?? -1);
    return {
      errorCode: 0,
      message: '',
      offset,
      timestamp: young?.timestampMs ?? -1,
      leaderEpoch: 4,
      currentLeader: undefined,
    };
  }

  #open(path: string, events: RpcStreamEvents<unknown>): RpcStream<unknown> {
    let open = true;
    const answer = (message: unknown): void => queueMicrotask(() => open && events.onMessage(message));
    return {
      send: (message) => {
        if (path === ApiService.produce.path) answer({ results: this.#produce(message as ProduceRequest) });
        else answer({ pushes: this.#fetch(message as FetchRequest) });
        return true;
      },
      ready: () => true,
      pause: () => undefined,
      resume: () => undefined,
      close: () => {
        open = false;
        queueMicrotask(() => events.onClose({ code: 'cancelled', message: '' }));
      },
    };
  }

  #produce({ items }: ProduceRequest): unknown[] {
    return items.map(({ correlation, topicId, partition, records }) => {
      const base = { correlation, message: '', logStartOffset: 0, acknowledged: 'flushed', currentLeader: undefined };
      if (this.refuseProduce !== undefined)
        return { ...base, errorCode: errorNumber(this.refuseProduce), baseOffset: -1 };
      const log = this.#partition(topicId, partition);
      const bytes = records.slice();
      const baseOffset = log?.endOffset ?? 0;
      assignBatch(bytes, 0, { baseOffset, leaderEpoch: 4 });
      log?.batches.push(bytes);
      if (log !== undefined) log.endOffset += parseBatchHeader(bytes).recordCount;
      return { ...base, errorCode: 0, baseOffset };
    });
  }

  #fetch({ subscribe }: FetchRequest): unknown[] {
    return subscribe.flatMap(({ subscription, topicId, partition, offset }) => {
      const log = this.#partition(topicId, partition);
      const batches = (log?.batches ?? []).filter((bytes) => {
        const { baseOffset, recordCount } = parseBatchHeader(bytes);
        return baseOffset + recordCount > offset;
      });
      const base = { subscription, errorCode: 0, message: '', highWatermark: log?.endOffset ?? 0, logStartOffset: 0 };
      return batches.map((bytes) => ({
        ...base,
        records: bytes.slice(),
        currentLeader: undefined,
        diverging: undefined,
      }));
    });
  }
}

/** Takes what is written, as text. */
export class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** Waits until this is printed. */
  async has(text: string): Promise<void> {
    while (!this.text.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
