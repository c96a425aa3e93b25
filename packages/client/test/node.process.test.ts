import { type RpcHandler, type RpcListener, type RpcStream, streamHandler, unaryHandler } from '@moldau/base';
import { pinoLogger, systemClock } from '@moldau/host';
import { ApiService, ControllerService, type FetchResponse } from '@moldau/proto';
import { GrpcRpc } from '@moldau/rpc';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient, json, string } from '../src/index.ts';
import { FakePartition } from './fake-cluster.ts';

const logger = pinoLogger({ level: 'silent' });
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A broker of one topic with one partition, in memory, behind a real socket. */
async function startBroker(): Promise<string> {
  const partition = new FakePartition(1);
  const readers = new Set<() => void>();
  let address = '';
  const metadata = unaryHandler(ApiService.metadata, () => {
    const info = {
      partition: 0,
      leaderId: 1,
      leaderEpoch: 1,
      partitionEpoch: 0,
      replicas: [1],
      isr: [1],
      elr: [],
      addingReplicas: [],
      removingReplicas: [],
    };
    const broker = { brokerId: 1, grpcAddress: address, kafkaAddress: '', rack: '', host: '' };
    return Promise.resolve({
      metadataOffset: 1,
      clusterId: 'c',
      controllerId: 11,
      brokers: [{ ...broker, brokerEpoch: 1, fenced: false, shuttingDown: false }],
      topics: [{ errorCode: 0, message: '', name: 't', topicId: 'id', partitions: [info] }],
    });
  });
  const identity = unaryHandler(ApiService.initProducerId, () => Promise.resolve({ producerId: 7, producerEpoch: 0 }));
  const offsets = unaryHandler(ApiService.listOffsets, ({ items }) => {
    const base = { errorCode: 0, message: '', timestamp: -1, leaderEpoch: 1, currentLeader: undefined };
    return Promise.resolve({ results: items.map(() => ({ ...base, offset: 0 })) });
  });
  const produce = streamHandler(ApiService.produce, (stream) => ({
    onMessage({ items }) {
      const base = { errorCode: 0, message: '', logStartOffset: 0, currentLeader: undefined };
      const results = items.map(({ correlation, records }) => {
        const { baseOffset } = partition.append(records);
        return { ...base, correlation, baseOffset, acknowledged: 'flushed' as const };
      });
      stream.send({ results });
      for (const read of readers) read();
    },
    onReady: () => undefined,
    onClose: () => undefined,
  }));
  const fetch = streamHandler(ApiService.fetch, (stream) => fetchHandler(stream, partition, readers));
  const listener = await listen([metadata, identity, offsets, produce, fetch]);
  address = listener.address;
  return address;
}

function fetchHandler(
  stream: RpcStream<FetchResponse>,
  partition: FakePartition,
  readers: Set<() => void>,
): ReturnType<Parameters<typeof streamHandler<{ subscribe: readonly { subscription: number }[] }, FetchResponse>>[1]> {
  let sent = 0;
  let subscription = 0;
  const read = (): void => {
    const base = { subscription, errorCode: 0, message: '', highWatermark: partition.endOffset, logStartOffset: 0 };
    for (const { bytes } of partition.batches.slice(sent)) {
      stream.send({ pushes: [{ ...base, records: bytes, currentLeader: undefined, diverging: undefined }] });
    }
    sent = partition.batches.length;
  };
  return {
    onMessage({ subscribe }) {
      subscription = subscribe[0]?.subscription ?? subscription;
      if (subscribe.length > 0) read();
      readers.add(read);
    },
    onReady: () => undefined,
    onClose: () => void readers.delete(read),
  };
}

async function listen(handlers: readonly RpcHandler[]): Promise<RpcListener> {
  const rpc = new GrpcRpc(systemClock, logger);
  const listener = await rpc.listen({ address: '127.0.0.1:0', listener: 'test', handlers });
  open.push({ close: () => listener.close({ graceMs: 0 }) });
  return listener;
}

describe('createClient', () => {
  test('over real sockets: what is sent is read, typed, and all ends with the scope', async () => {
    const address = await startBroker();
    await using client = createClient({ bootstrap: [address], logger });
    await using producer = client.producer({ key: string(), value: json<{ n: number }>() });
    const sent = await Promise.all([1, 2, 3].map((n) => producer.send('t', { key: 'k', value: { n } })));
    expect(sent.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    await using consumer = client.consumer({
      assignments: [{ topic: 't', from: 'earliest' }],
      value: json<{ n: number }>(),
    });
    const read: (number | undefined)[] = [];
    for await (const { value } of consumer) if (read.push(value?.n) === 3) break;
    expect(read).toEqual([1, 2, 3]);
  });

  test('nobody there: the error names the addresses and comes in its time', async () => {
    await using client = createClient({ bootstrap: ['127.0.0.1:1'], logger });
    const listed = client.admin().listTopics({ timeoutMs: 3000 });
    await expect(listed).rejects.toMatchObject({ code: 'UNREACHABLE', retriable: true });
    await expect(listed).rejects.toThrow(/127\.0\.0\.1:1/);
    await expect(listed).rejects.toThrow(/nobody listens there \(ECONNREFUSED\)/);
    await expect(listed).rejects.not.toThrow(/Resolution note|Last error|LB pick/);
  });

  test('what answers and is no broker is named as that, in words that a user can use', async () => {
    const controller = await listen([
      unaryHandler(ControllerService.describeQuorum, () => Promise.reject(new Error('not asked for'))),
    ]);
    await using client = createClient({ bootstrap: [controller.address], logger });
    await expect(client.admin().listTopics()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/is not a broker, though something answers there; if it is a controller/),
    });
  });
});
