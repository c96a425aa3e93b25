import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type Logger,
  type Rpc,
  type RpcCloseReason,
  type StreamMethod,
  streamHandler,
  type Timers,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import { type RpcWorld, rpcSuite } from '@moldau/sim/suites';
import { expect, test } from 'vitest';
import { GrpcRpc } from '../src/index.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const timers: Pick<Timers, 'after'> = {
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
const clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };

function rpc(): Rpc {
  return new GrpcRpc(clock, silent);
}

async function world(): Promise<RpcWorld> {
  return {
    server: rpc(),
    client: rpc(),
    address: '127.0.0.1:0',
    timers: { ...timers, endOfTurn: (run) => void setImmediate(run), afterPoll: (run) => void setImmediate(run) },
    run: (body) => body(),
    end: () => Promise.resolve(),
  };
}

rpcSuite('gRPC', world);

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const text = { encode: utf8Encode, decode: utf8Decode };
const TALK: StreamMethod<string, string> = { kind: 'stream', path: '/moldau.Toy/Talk', request: text, response: text };

test('a stream hears at once that the process at its other end was killed', async () => {
  const server = spawn(process.execPath, [new URL('./talk-server.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const address = line.toString().trim();
  const channel = rpc().connect(address, { purpose: 'test', clientId: 'test' });
  const spoken = deferred<void>();
  const closed = deferred<RpcCloseReason>();
  channel
    .open(TALK, { onMessage: () => spoken.resolve(), onReady: () => undefined, onClose: closed.resolve })
    .send('hello');
  await spoken.promise;
  const killedMs = clock.nowMs();
  server.kill('SIGKILL');
  expect((await closed.promise).code).toBe('broken');
  expect(clock.nowMs() - killedMs).toBeLessThan(1_000);
  expect(await rpc().probe(address, { timeoutMs: 5_000 })).toBe('refused');
  channel.close();
});

test('channels of two purposes have a connection each', async () => {
  const peers: string[] = [];
  const both = deferred<void>();
  const handler = streamHandler(TALK, (_, context) => {
    peers.push(context.peer);
    if (peers.length === 2) both.resolve();
    return { onMessage: () => undefined, onReady: () => undefined, onClose: () => undefined };
  });
  const listener = await rpc().listen({ address: '127.0.0.1:0', listener: 'test', handlers: [handler] });
  const client = rpc();
  const channels = ['control', 'replication'].map((purpose) =>
    client.connect(listener.address, { purpose, clientId: 'test' }),
  );
  for (const channel of channels) {
    channel
      .open(TALK, { onMessage: () => undefined, onReady: () => undefined, onClose: () => undefined })
      .send('hello');
  }
  await both.promise;
  expect(new Set(peers).size).toBe(2);
  for (const channel of channels) channel.close();
  await listener.close({ graceMs: 0 });
});
