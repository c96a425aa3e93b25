import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readNodeInfo } from '@moldau/server';
import { afterAll, expect, test } from 'vitest';
import { CommandProcess, moldau } from './support/command.ts';
import { freePort } from './support/lone-nodes.ts';
import { until } from './support/until.ts';

/* A whole `dev up` is killed with -9, supervisor and nodes; what it had acknowledged is there after the next start. */

const data = mkdtempSync(path.join(tmpdir(), 'moldau-e2e-'));
const NODES = ['controller-11', 'broker-1', 'broker-2', 'broker-3'];
const commands: CommandProcess[] = [];

afterAll(async () => {
  for (const command of commands) command.child.kill('SIGTERM');
  await Promise.all(commands.map(({ ended }) => ended));
  rmSync(data, { recursive: true, maxRetries: 20, retryDelay: 100 });
});

function up(...argv: string[]): CommandProcess {
  const command = new CommandProcess(['dev', 'up', '--data', data, '--controllers', '1', '--no-example', ...argv]);
  commands.push(command);
  return command;
}

async function ready(command: CommandProcess): Promise<string> {
  await command.untilSaid(/^ready in .*$/m);
  const [, bootstrap = ''] = /^ready in \d+\.\d s: grpc (\S+) admin \S+$/m.exec(command.out) ?? [];
  expect(bootstrap.split(',')).toHaveLength(3);
  return bootstrap;
}

test('killed with everything it started, it goes on where it stopped', async () => {
  const first = up('--port', String(await freePort(2 * NODES.length)));
  const bootstrap = await ready(first);
  const said = await moldau(['-b', bootstrap, '-o', 'json', 'topic', 'create', 'kept', '-p', '3']);
  expect(said.code).toBe(0);
  const lines = Array.from({ length: 3000 }, (_, index) => `${index % 100}:${index}`);
  const produced = await moldau(['-b', bootstrap, 'produce', 'kept', '-K', ':'], { stdin: `${lines.join('\n')}\n` });
  expect(produced.err).toContain('3,000 records to kept');

  const again = up();
  expect(await again.ended).toBe(1);
  expect(again.err).toContain(`a cluster runs on ${data} already (supervisor pid ${first.child.pid})`);

  const pids = await Promise.all(NODES.map(async (name) => (await readNodeInfo(path.join(data, name)))?.pid ?? 0));
  // The nodes first: without their supervisor they would stop cleanly.
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await first.kill();
  await until('all nodes are gone', () => !pids.some(isAlive));

  const second = up();
  expect(await ready(second)).toBe(bootstrap);
  expect(logOf('broker-1')).toContain('"verdict":"crashed-intact"');
  const { code, out } = await moldau(['-b', bootstrap, 'consume', 'kept', '--until-end', '-f', '%k:%v\n']);
  expect(code).toBe(0);
  const read = out.trimEnd().split('\n');
  expect(read.toSorted()).toEqual(lines.toSorted());
  for (const key of ['0', '42', '99']) {
    const ofKey = (all: readonly string[]): readonly string[] => all.filter((line) => line.startsWith(`${key}:`));
    expect(ofKey(read)).toEqual(ofKey(lines));
  }

  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
  expect(second.err).toContain('stopping: brokers first, then controllers');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function logOf(node: string): string {
  return readFileSync(path.join(data, node, 'node.log'), 'utf8');
}
