import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNodeInfo } from '@moldau/server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodePlan } from '../src/supervisor/cluster-plan.ts';
import { planNodes } from '../src/supervisor/cluster-plan.ts';
import { askSupervisor } from '../src/supervisor/control.ts';
import { takenPorts } from '../src/supervisor/free-ports.ts';
import { openIdentity } from '../src/supervisor/identity-file.ts';
import { LocalCluster, type LocalClusterOptions } from '../src/supervisor/local-cluster.ts';
import { isAlive } from '../src/supervisor/pid.ts';

let data = '';
const clusters: LocalCluster[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'moldau-dev-'));
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  for (const cluster of clusters.splice(0)) await cluster.killAll();
  rmSync(data, { recursive: true, maxRetries: 20, retryDelay: 100 });
});

const small = (): LocalClusterOptions => ({ data, brokers: 2, controllers: 1, port: 0, restart: false });

async function startCluster(options: Partial<LocalClusterOptions> = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.start({ ...small(), ...options });
  clusters.push(cluster);
  return cluster;
}

/** Resolves with the first line that matches, or rejects when the process ends before. */
function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk;
      const line = text.split('\n').find((one) => pattern.test(one));
      if (line !== undefined) resolve(line);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}: ${text}`)));
  });
}

function startSupervisor(options: object = {}): ChildProcess {
  const file = fileURLToPath(new URL('./dev-up-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [file, data, JSON.stringify({ brokers: 2, controllers: 1, port: 0, ...options })],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  return child;
}

async function planOf(): Promise<NodePlan[]> {
  return planNodes(await openIdentity(small()), small());
}

async function pidsOf(plan: readonly NodePlan[]): Promise<number[]> {
  const infos = await Promise.all(plan.map(({ directory }) => readNodeInfo(directory)));
  return infos.flatMap((info) => (info ? [info.pid] : []));
}

/** The nodes end by themselves; nobody tells when. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a cluster', () => {
  test('a node killed with -9 is gone, comes back, and a clean stop leaves nothing', async () => {
    const cluster = await startCluster();
    await cluster.untilReady();
    const info = await readNodeInfo(cluster.node('1').plan.directory);
    expect(info).toMatchObject({
      role: 'broker',
      id: 1,
      pid: cluster.node('broker-1').pid,
      grpc: cluster.bootstrap[0],
    });
    const pid = await cluster.kill('1');
    expect(isAlive(pid)).toBe(false);
    expect(cluster.node('1').state).toBe('killed');
    cluster.start('1');
    await cluster.untilReady();
    await cluster.close();
    expect(await takenPorts(cluster.plan)).toEqual([]);
    expect(await pidsOf(cluster.plan)).toEqual([]);
    expect(cluster.nodes.map(({ state }) => state)).toEqual(['down', 'down', 'down']);
  });

  test('with restart a killed node comes back by itself', async () => {
    const cluster = await startCluster({ restart: true });
    await cluster.untilReady();
    const pid = await cluster.kill('2');
    await cluster.untilReady();
    expect(cluster.node('2').pid).not.toBe(pid);
    await cluster.close();
  });

  test('a taken port is named with its use', async () => {
    const broker = (await planOf()).find(({ name }) => name === 'broker-1');
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: broker?.grpcPort });
    await once(server, 'listening');
    await expect(startCluster()).rejects.toMatchObject({
      message: `another process listens on ${broker?.grpcPort} (gRPC of broker-1)`,
      hint: expect.stringMatching(/^stop it, or take other ports/) as unknown,
    });
    server.close();
  });

  test('what kept a node from starting is told in its own words', async () => {
    const cluster = await startCluster({ settings: new Map([['log.level', 'loud']]) });
    await expect(cluster.untilReady()).rejects.toThrow(
      /ended by itself.*\n.*log\.level .* must be one of debug, info, warn, error/,
    );
  });
});

describe('the supervisor', () => {
  test('SIGTERM: brokers and controllers end, ports are free, a second start goes on', async () => {
    const first = startSupervisor();
    expect(await lineOf(first, /^ready in /)).toMatch(
      /^ready in \d+\.\d s: grpc 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+ admin /,
    );
    const plan = await planOf();
    const pids = await pidsOf(plan);
    expect(pids).toHaveLength(3);
    first.kill('SIGTERM');
    expect((await once(first, 'exit'))[0]).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await takenPorts(plan)).toEqual([]);
    const second = startSupervisor();
    await lineOf(second, /^ready in /);
    second.kill('SIGINT');
    expect((await once(second, 'exit'))[0]).toBe(0);
  });

  test('SIGKILL: the nodes notice and end by themselves', async () => {
    const supervisor = startSupervisor();
    await lineOf(supervisor, /^ready in /);
    const plan = await planOf();
    const pids = await pidsOf(plan);
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    await untilGone(pids);
    expect(await takenPorts(plan)).toEqual([]);
    expect(plan.filter(({ directory }) => existsSync(path.join(directory, 'node.json')))).toEqual([]);
  });

  test('a second one on the same data says that the first runs', async () => {
    const first = startSupervisor();
    await lineOf(first, /^ready in /);
    const second = startSupervisor();
    expect(await lineOf(second, /runs on .* already/)).toContain(`(supervisor pid ${first.pid})`);
    expect((await once(second, 'exit'))[0]).toBe(1);
    first.kill('SIGTERM');
    await once(first, 'exit');
  });

  test('what does not know the token is turned away', async () => {
    const supervisor = startSupervisor();
    await lineOf(supervisor, /^ready in /);
    const { address } = JSON.parse(readFileSync(path.join(data, 'supervisor.json'), 'utf8')) as { address: string };
    expect((await fetch(`http://${address}/kill/1`, { method: 'POST' })).status).toBe(403);
    expect((await askSupervisor(data, 'status')).nodes.every(({ state }) => state === 'running')).toBe(true);
    supervisor.kill('SIGTERM');
    await once(supervisor, 'exit');
  });

  test('another shell kills, starts, asks for the state and ends it', async () => {
    const supervisor = startSupervisor();
    await lineOf(supervisor, /^ready in /);
    const told = lineOf(supervisor, /^broker-1: ended by SIGKILL/);
    const { killedPid, nodes } = await askSupervisor(data, 'kill', '1');
    expect(await told).toBe(
      `broker-1: ended by SIGKILL. Start it again with npx moldau dev start broker-1 --data ${data}`,
    );
    expect(isAlive(killedPid ?? process.pid)).toBe(false);
    expect(nodes.find(({ name }) => name === 'broker-1')).toMatchObject({ state: 'killed', pid: null });
    await expect(askSupervisor(data, 'kill', '7')).rejects.toThrow(
      'there is no node 7; there are controller-11, broker-1, broker-2',
    );
    await askSupervisor(data, 'start', 'broker-1');
    expect((await askSupervisor(data, 'status')).nodes.map(({ state }) => state)).toEqual([
      'running',
      'running',
      'running',
    ]);
    await askSupervisor(data, 'down');
    expect((await once(supervisor, 'exit'))[0]).toBe(0);
    await expect(askSupervisor(data, 'status')).rejects.toThrow(`no cluster runs on ${data}`);
  });
});
