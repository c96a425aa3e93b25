import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pinoLogger, systemClock } from '@moldau/host';
import { GrpcRpc } from '@moldau/rpc';
import { type Figure, KIB, megabytesPerSecond } from './figures.ts';
import { SINK_METHOD } from './sink-method.ts';

const TCP_BLOCK_BYTES = 256 * KIB;
const GRPC_BLOCK_BYTES = [KIB, 16 * KIB, 256 * KIB];

/** Loopback TCP and one gRPC stream, from this process to another: what the network half of a broker can do at most. */
export async function measureNetwork(durationMs: number): Promise<Figure[]> {
  const sink = fork(fileURLToPath(new URL('./sink-process.ts', import.meta.url)));
  try {
    const { tcpPort, grpc } = await sinkAddresses(sink);
    const figures = [await measureTcp(tcpPort, durationMs)];
    for (const bytes of GRPC_BLOCK_BYTES) figures.push(await measureGrpc(grpc, bytes, durationMs));
    return figures;
  } finally {
    sink.disconnect();
    await once(sink, 'exit');
  }
}

async function sinkAddresses(sink: ChildProcess): Promise<{ tcpPort: number; grpc: string }> {
  const [message] = await Promise.race([
    once(sink, 'message'),
    once(sink, 'exit').then(() => Promise.reject(new Error('the sink of the raw measurements did not start'))),
  ]);
  return message as { tcpPort: number; grpc: string };
}

async function measureTcp(port: number, durationMs: number): Promise<Figure> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  const block = new Uint8Array(TCP_BLOCK_BYTES);
  const startedAt = performance.now();
  let sent = 0;
  while (performance.now() - startedAt < durationMs) {
    sent += block.length;
    if (!socket.write(block)) await once(socket, 'drain');
  }
  socket.end();
  socket.resume();
  await once(socket, 'end');
  const elapsedMs = performance.now() - startedAt;
  return {
    name: `loopback TCP, ${TCP_BLOCK_BYTES / KIB} KiB`,
    value: megabytesPerSecond(sent, elapsedMs),
    unit: 'MB/s',
  };
}

async function measureGrpc(address: string, bytes: number, durationMs: number): Promise<Figure> {
  const rpc = new GrpcRpc(systemClock, pinoLogger({ level: 'error' }));
  const channel = rpc.connect(address, { purpose: 'bench', clientId: 'bench' });
  const { sent, elapsedMs } = await new Promise<{ sent: number; elapsedMs: number }>((resolve, reject) => {
    const block = new Uint8Array(bytes).fill(0x6d);
    const startedAt = performance.now();
    let sent = 0;
    let taken = 0;
    let filling = true;
    const fill = (): void => {
      while (filling) {
        if (performance.now() - startedAt >= durationMs) filling = false;
        sent++;
        if (!stream.send(block)) return;
      }
    };
    const stream = channel.open(SINK_METHOD, {
      onMessage: () => {
        taken++;
        if (!filling && taken === sent) resolve({ sent, elapsedMs: performance.now() - startedAt });
      },
      onReady: fill,
      onClose: ({ message }) => reject(new Error(message)),
    });
    fill();
  });
  channel.close();
  return {
    name: `one gRPC stream, ${bytes / KIB} KiB messages`,
    value: megabytesPerSecond(sent * bytes, elapsedMs),
    unit: 'MB/s',
  };
}
