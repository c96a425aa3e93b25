import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NodeInfo, readNodeInfo, SERVER_ENTRY_FILE } from '../src/index.ts';

const CLUSTER_ID = 'test-cluster-id-00000A';
let directory = '';
const nodes: ServerProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'moldau-server-'));
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.kill();
  rmSync(directory, { recursive: true });
});

/** `moldau server` as a process, with what it said. */
class ServerProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';

  constructor(sets: Readonly<Record<string, string>>, { ipc = false } = {}) {
    const args = Object.entries(sets).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    this.child = spawn(process.execPath, [SERVER_ENTRY_FILE, ...args], {
      stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk;
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.output += chunk;
    });
    // Not 'close': it does not come after this side closed the channel.
    const ends = [this.child.stdout, this.child.stderr].map((stream) => stream && once(stream, 'end'));
    this.exited = Promise.all([once(this.child, 'exit'), ...ends]).then(([[code]]) => code);
    nodes.push(this);
  }

  /** Waits for it. @throws when the process ends without */
  async says(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`the node ended without "${text}"; it said: ${this.output}`);
      await delay(20);
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

const alone = (rest: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'cluster.id': CLUSTER_ID,
  'controller.quorum.voters': '1@127.0.0.1:0',
  listeners: 'GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'metadata.log.dir': directory,
  'log.dirs': path.join(directory, 'log'),
  'default.replication.factor': '1',
  ...rest,
});

/** Waits for node.json and then until /readyz is 200. */
async function untilReady(node: ServerProcess, nodeDirectory: string = directory): Promise<NodeInfo> {
  let missing = 'node.json';
  while (node.child.exitCode === null) {
    const info = await readNodeInfo(nodeDirectory);
    if (info?.pid === node.child.pid && info) {
      const response = await fetch(`http://${info.admin}/readyz`);
      if (response.ok) return info;
      missing = await response.text();
    }
    await delay(20);
  }
  throw new Error(`the node ended; missing was ${missing}; it said: ${node.output}`);
}

describe('a node alone, broker and controller in one', () => {
  test('serves its admin port, ends cleanly by SIGTERM, and starts again on its data', async () => {
    const controllerPort = await freePort();
    const settings = alone({
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${controllerPort}`,
    });
    const first = new ServerProcess(settings);
    const info = await untilReady(first);
    expect(info).toMatchObject({ role: 'combined', id: 1, pid: first.child.pid });
    const metrics = await (await fetch(`http://${info.admin}/metrics`)).text();
    expect(metrics).toContain('process_start_time_seconds');
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(await readNodeInfo(directory)).toBeUndefined();
    const second = new ServerProcess(settings);
    await untilReady(second);
    second.child.kill('SIGINT');
    expect(await second.exited).toBe(0);
  });

  test('answers Kafka clients where node.json says, and closes on what is none', async () => {
    const controllerPort = await freePort();
    const node = new ServerProcess(
      alone({
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
        listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${controllerPort},KAFKA://127.0.0.1:0`,
      }),
    );
    const info = await untilReady(node);
    // ApiVersions in version 0: size, key, version, correlation id 7, no client id.
    const answer = await said(info.kafka, new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255]), 60);
    expect([...answer.subarray(4, 10)]).toEqual([0, 0, 0, 7, 0, 0]);
    expect(await said(info.kafka, Buffer.from('GET / HTTP/1.1\r\n\r\n'), Infinity)).toHaveLength(0);
    await node.says('these bytes open an HTTP request');
    const metrics = await (await fetch(`http://${info.admin}/metrics`)).text();
    expect(metrics).toContain('kafka_network_requestmetrics_requests_total{request="ApiVersions"} 1');
    node.child.kill('SIGTERM');
    expect(await node.exited).toBe(0);
  });

  test('ends when the channel to its supervisor closes', async () => {
    const controllerPort = await freePort();
    const node = new ServerProcess(
      alone({
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
        listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${controllerPort}`,
      }),
      { ipc: true },
    );
    await untilReady(node);
    node.child.disconnect();
    expect(await node.exited).toBe(0);
  });

  test('refuses a directory that another process uses', async () => {
    const port = await freePort();
    const settings = alone({
      'controller.quorum.voters': `1@127.0.0.1:${port}`,
      listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${port}`,
    });
    const first = new ServerProcess(settings);
    await untilReady(first);
    const second = new ServerProcess({ ...settings, listeners: 'GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:0' });
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(directory);
    expect(second.output).toMatch(/in use|another process/);
  });

  test('refuses a directory of another cluster', async () => {
    const port = await freePort();
    const settings = alone({
      'controller.quorum.voters': `1@127.0.0.1:${port}`,
      listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${port}`,
    });
    const first = new ServerProcess(settings);
    await untilReady(first);
    first.child.kill('SIGTERM');
    await first.exited;
    const second = new ServerProcess({ ...settings, 'cluster.id': 'test-cluster-id-00000Q' });
    expect(await second.exited).toBe(1);
    expect(second.output).toContain(CLUSTER_ID);
    expect(second.output).toContain('test-cluster-id-00000Q');
  });

  test('names an address in use', async () => {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const node = new ServerProcess(alone({ listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${port}` }));
    expect(await node.exited).toBe(1);
    expect(node.output).toContain(`cannot listen on 127.0.0.1:${port}: another process listens there`);
    server.close();
  });
});

describe('a broker and its controller', () => {
  const dir = (name: string): string => path.join(directory, name);

  async function both(broker: Readonly<Record<string, string>>): Promise<[ServerProcess, ServerProcess]> {
    const port = await freePort();
    const voters = { 'cluster.id': CLUSTER_ID, 'controller.quorum.voters': `11@127.0.0.1:${port}` };
    const controller = new ServerProcess({
      ...voters,
      'process.roles': 'controller',
      'node.id': '11',
      listeners: `CONTROLLER://127.0.0.1:${port}`,
      'metadata.log.dir': dir('controller'),
      'default.replication.factor': '1',
    });
    const node = new ServerProcess({
      ...voters,
      'process.roles': 'broker',
      'node.id': '1',
      listeners: 'GRPC://127.0.0.1:0',
      'metadata.log.dir': dir('broker'),
      'log.dirs': dir('log'),
      ...broker,
    });
    await untilReady(node, dir('broker'));
    return [controller, node];
  }

  test('the broker stops cleanly also when no controller takes its leadership', async () => {
    const [controller, broker] = await both({ 'controlled.shutdown.timeout.ms': '3000' });
    await controller.kill();
    broker.child.kill('SIGTERM');
    expect(await broker.exited).toBe(0);
    expect(broker.output).toContain('"clean":true');
  });

  test('a setting that the cluster overrules is named', async () => {
    const [, broker] = await both({ 'num.partitions': '7', 'default.replication.factor': '1' });
    await broker.says('the cluster has its own value');
    expect(broker.output).toContain('"setting":"num.partitions","given":"7","inForce":"1"');
    expect(broker.output).not.toContain('"setting":"default.replication.factor"');
    broker.child.kill('SIGTERM');
    expect(await broker.exited).toBe(0);
  });
});

test('a setting that does not exist: exit code 1 and the nearest name', async () => {
  const node = new ServerProcess({ 'node.idd': '1' });
  expect(await node.exited).toBe(1);
  expect(node.output).toBe('moldau server: node.idd (--set) is not a setting of Moldau. Did you mean node.id?\n');
});

/**
 * The voters of a quorum must be known before it starts, so its port cannot be left to the system: one that the system gives it
 * gives to outgoing connections as well.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    server.listen({ host: '127.0.0.1', port });
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** What is answered to these bytes: up to so many bytes, or until the other side ends. */
async function said(address: string | undefined, bytes: Uint8Array, bytesMax: number): Promise<Buffer> {
  const [host, port] = (address ?? '').split(':');
  const socket = connect({ host: host ?? '', port: Number(port) });
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (Buffer.concat(chunks).length >= bytesMax) break;
  }
  socket.destroy();
  return Buffer.concat(chunks);
}
