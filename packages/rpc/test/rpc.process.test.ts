import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import {
  type Logger,
  type ProbeResult,
  type Rpc,
  type RpcCloseReason,
  type StreamMethod,
  streamHandler,
  type Timers,
  type UnaryMethod,
  unaryHandler,
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
const ASK: UnaryMethod<string, string> = { kind: 'unary', path: '/moldau.Toy/Ask', request: text, response: text };

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
  // Without the system's word it would be the keepalive that finds out, after half a minute.
  expect(clock.nowMs() - killedMs).toBeLessThan(10_000);
  // The system closes the sockets of a dead process one after the other: for some milliseconds more its port may accept,
  // or reset what it accepted. Neither proves anything; in the end it refuses.
  let probe: ProbeResult;
  do probe = await rpc().probe(address, { timeoutMs: 5_000 });
  while (probe !== 'refused' && clock.nowMs() - killedMs < 30_000);
  expect(probe).toBe('refused');
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

test('why nobody can be reached is said without the parts of the transport', async () => {
  const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  const slow = unaryHandler(ASK, () => new Promise<never>(() => undefined));
  const listener = await rpc().listen({ address: '127.0.0.1:0', listener: 'test', handlers: [slow] });
  const expected: readonly (readonly [string, number, string, RegExp])[] = [
    ['127.0.0.1:1', 30_000, 'refused', /^nobody listens there \(ECONNREFUSED\)$/],
    [`127.0.0.1:${port}`, 30_000, 'broken', /^what listens there is no Moldau node$/],
    // Either end may be the first to say it.
    [listener.address, 1_000, 'deadline', /^Deadline exceeded( after [\d.]+s)?$/],
  ];
  for (const [address, timeoutMs, code, message] of expected) {
    const channel = rpc().connect(address, { purpose: 'test', clientId: 'test' });
    const asked = channel.call(ASK, 'a', { timeoutMs });
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    channel.close();
  }
  await listener.close({ graceMs: 0 });
  stranger.close();
});

test('a listener gives its callers the raised windows, for each stream and for the connection', async () => {
  const listener = await rpc().listen({ address: '127.0.0.1:0', listener: 'test', handlers: [] });
  const session = connect(`http://${listener.address}`);
  const raised = deferred<number | undefined>();
  session.on('remoteSettings', (settings) => {
    if (settings.initialWindowSize !== 65_535) raised.resolve(settings.initialWindowSize);
  });
  expect(await raised.promise).toBe(8 * 1024 * 1024);
  // The answer to a ping comes behind the update of the connection's window.
  await new Promise((resolve) => session.ping(resolve));
  expect(session.state.remoteWindowSize).toBe(8 * 1024 * 1024);
  session.destroy();
  await listener.close({ graceMs: 0 });
});

test('a listener closes connections beyond its bounds as they come, and takes others when there is room', async () => {
  const limited = new GrpcRpc(clock, silent, { connectionsMax: 9, connectionsPerAddressMax: 2 });
  const ask = unaryHandler(ASK, async (request) => request);
  const listener = await limited.listen({ address: '127.0.0.1:0', listener: 'test', handlers: [ask] });
  const sessions = await Promise.all(['a', 'b'].map(() => connected(listener.address)));
  const third = connect(`http://${listener.address}`);
  third.on('error', () => undefined);
  await once(third, 'close');
  sessions[0]?.destroy();
  const channel = rpc().connect(listener.address, { purpose: 'test', clientId: 'test' });
  const pause = (): Promise<void> => new Promise((resolve) => timers.after(5, resolve));
  while ((await channel.call(ASK, 'a', { timeoutMs: 5_000 }).catch(pause)) !== 'a');
  channel.close();
  sessions[1]?.destroy();
  await listener.close({ graceMs: 0 });
});

async function connected(address: string): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`);
  await once(session, 'remoteSettings');
  return session;
}

test('a broken invariant in a handler ends the process, whether of a call or of a stream', async () => {
  for (const kind of ['call', 'stream'] as const) {
    const server = spawn(process.execPath, [new URL('./bug-server.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const channel = rpc().connect(line.toString().trim(), { purpose: 'test', clientId: 'test' });
    const closed = deferred<RpcCloseReason>();
    const exited = once(server, 'exit');
    if (kind === 'call') {
      await expect(channel.call(ASK, 'a', { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'broken' });
    } else {
      const events = { onMessage: () => undefined, onReady: () => undefined, onClose: closed.resolve };
      channel.open(TALK, events).send('a');
      expect((await closed.promise).code).toBe('broken');
    }
    expect((await exited)[0]).toBe(1);
    channel.close();
  }
});

test('a server that comes back after a second is found again in a fraction of one', async () => {
  const ask = unaryHandler(ASK, async (request) => request);
  let listener = await rpc().listen({ address: '127.0.0.1:0', listener: 'test', handlers: [ask] });
  const { address } = listener;
  const channel = rpc().connect(address, { purpose: 'test', clientId: 'test' });
  const call = (): Promise<string> => channel.call(ASK, 'a', { timeoutMs: 5_000 });
  const pause = (): Promise<void> => new Promise((resolve) => timers.after(5, resolve));
  await call();
  // The quickest of some: what a busy machine adds is not meant.
  let foundMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5 && foundMs >= 500; round++) {
    await listener.close({ graceMs: 0 });
    const downMs = clock.nowMs();
    while (clock.nowMs() - downMs < 1_000) await call().catch(pause);
    listener = await rpc().listen({ address, listener: 'test', handlers: [ask] });
    const upMs = clock.nowMs();
    while ((await call().catch(pause)) !== 'a');
    foundMs = clock.nowMs() - upMs;
  }
  expect(foundMs).toBeLessThan(500);
  channel.close();
  await listener.close({ graceMs: 0 });
});
