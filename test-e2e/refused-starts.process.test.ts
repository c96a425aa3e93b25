import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { findFreePorts } from '@moldau/dev';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CommandProcess } from './support/command.ts';
import { combined, freePort, LoneNodes } from './support/lone-nodes.ts';
import { START_TIMEOUT_MS } from './support/until.ts';

/* What cannot start says why on its last line, ends with 1, and leaves what runs, and all directories, as they were. */

const nodes = new LoneNodes();
const ports = { ours: 0, theirs: 0 };
let ours: CommandProcess;

const controllersOf = (port: number, id = 1): string => `${id}@127.0.0.1:${port}`;

/** A broker of the cluster whose controller listens there. */
const broker = (name: string, controllerPort: number): Readonly<Record<string, string>> => ({
  'process.roles': 'broker',
  'node.id': '5',
  'controller.quorum.voters': controllersOf(controllerPort),
  listeners: 'GRPC://127.0.0.1:0',
  'log.dirs': path.join(nodes.root, name, 'log'),
});

/** Starts what cannot start; its last line. */
async function refused(command: CommandProcess): Promise<string> {
  expect(await command.ended).toBe(1);
  expect(command.out).toBe('');
  return command.err.trimEnd().split('\n').at(-1) ?? '';
}

beforeAll(async () => {
  ports.ours = await freePort();
  ports.theirs = await freePort();
  ours = nodes.start('ours', combined(ports.ours, path.join(nodes.root, 'ours')));
  const theirs = nodes.start('theirs', combined(ports.theirs, path.join(nodes.root, 'theirs')));
  await Promise.all([nodes.untilReady('ours', ours), nodes.untilReady('theirs', theirs)]);
}, START_TIMEOUT_MS);
afterAll(() => nodes.close());

describe('a setting', () => {
  const settings = { ...broker('wrong', 1), 'log.dirs': 'elsewhere' };

  test('that is none: the file, the line, and the nearest name', async () => {
    const command = nodes.start('wrong', { ...settings, 'log.segment.byte': '5000' });
    expect(await refused(command)).toMatch(
      /^error: log\.segment\.byte \(.*node\.properties:7\) is not a setting of Moldau\. Did you mean log\.segment\.bytes\?$/,
    );
  });

  test.each([
    ['log.level=loud', 'log.level (--set) must be one of debug, info, warn, error, not "loud"'],
    ['node.id=-1', 'node.id (--set) must be a whole number from 0 to '],
    ['node.id', '--set wants name=value, not "node.id"'],
    ['process.roles=king', 'process.roles (--set) must be a list of '],
    ['controller.quorum.voters=1@nowhere', 'controller.quorum.voters'],
    ['listeners=CONTROLLER://127.0.0.1:0', 'listeners has no GRPC://host:port: a broker needs it'],
    ['listeners=GRPC://0.0.0.0:0', 'advertised.listeners must say where others reach GRPC'],
    ['admin.listener=192.0.2.1:0', 'can be reached from other machines, and nothing authenticates them yet'],
    ['cluster.id=short', 'cluster.id must be 16 random bytes as 22 characters of URL-safe base64'],
  ])('with a wrong value, --set %s', async (set, message) => {
    expect(await refused(nodes.start('wrong', settings, ['--set', set]))).toContain(`${message}`);
  });

  test('all that is wrong is told at once', async () => {
    const command = nodes.start('wrong', settings, ['--set', 'log.level=loud', '--set', 'nope=1']);
    await refused(command);
    expect(command.err).toContain('log.level (--set) must be one of');
    expect(command.err).toContain('nope (--set) is not a setting of Moldau');
  });
});

describe('an address in use', () => {
  const blockers: Server[] = [];
  afterEach(() => {
    for (const blocker of blockers.splice(0)) blocker.close();
  });

  async function take(port: number): Promise<number> {
    const blocker = createServer();
    blockers.push(blocker);
    await new Promise<void>((resolve) => blocker.listen({ host: '127.0.0.1', port }, resolve));
    return port;
  }

  test.each([
    ['listeners', 'GRPC://127.0.0.1:'],
    ['admin.listener', '127.0.0.1:'],
  ])('a server names it: %s', async (setting, prefix) => {
    const port = await take(await freePort());
    const command = nodes.start('blocked', { ...broker('blocked', ports.ours), [setting]: `${prefix}${port}` });
    const line = await refused(command);
    expect(line).toContain(`127.0.0.1:${port}`);
    expect(line).toMatch(/another process/);
    expect(line).toMatch(/choose another port|Choose another port|stop it/i);
  });

  test('dev up names each port and its use, and decides nothing: the directory is not made', async () => {
    // The others are free, so that this one alone is named.
    const [port = 0, ...others] = await findFreePorts(8);
    await take(port);
    const data = path.join(nodes.root, 'dev');
    const argv = ['dev', 'up', '--data', data, '--brokers', '1', '--controllers', '1', '--no-example'];
    const command = nodes.run([...argv, '--port', String(port), '--kafka-ports', String(others.at(-1))]);
    expect(await refused(command)).toBe(
      '  try: stop it, or take other ports: npm start -- --port 29000 --data DIR (--kafka-ports for Kafka’s alone)',
    );
    expect(command.err).toContain(`error: another process listens on ${port} (gRPC of broker-1)\n`);
    expect(existsSync(data)).toBe(false);
  });
});

describe('a directory', () => {
  test('that a running node uses', async () => {
    const file = path.join(nodes.root, 'ours', 'node.properties');
    const free = 'GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:0';
    const second = nodes.run(['server', '--config', file, '--set', `listeners=${free}`]);
    const line = await refused(second);
    expect(line).toContain(path.join(nodes.root, 'ours'));
    expect(line).toMatch(/in use|another process/);
    expect(ours.child.exitCode).toBe(null);
  });

  test('of another cluster: a broker is refused by its directory, and by the controllers it asks', async () => {
    const name = 'wanderer';
    const first = nodes.start(name, broker(name, ports.ours));
    await nodes.untilReady(name, first);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const abroad = nodes.start(name, broker(name, ports.theirs));
    expect(await refused(abroad)).toMatch(
      /^error: The broker belongs to cluster \S{22}; these controllers serve \S{22}\. Point it at its own/,
    );
    const named = nodes.start(name, { ...broker(name, ports.theirs), 'cluster.id': 'test-cluster-id-00000A' });
    expect(await refused(named)).toMatch(
      /holds metadata of cluster \S{22}, this broker is of test-cluster-id-00000A: use another directory$/,
    );

    const renamed = nodes.start(name, { ...broker(name, ports.ours), 'node.id': '6' });
    expect(await refused(renamed)).toMatch(/log belongs to node 5, this is node 6/);

    const home = nodes.start(name, broker(name, ports.ours));
    await nodes.untilReady(name, home);
    expect(home.err).toContain('"verdict":"clean"');
  });

  test('of another cluster: a controller is refused', async () => {
    const name = 'judge';
    const port = await freePort();
    const controller = {
      'process.roles': 'controller',
      'node.id': '11',
      'controller.quorum.voters': controllersOf(port, 11),
      listeners: `CONTROLLER://127.0.0.1:${port}`,
    };
    const first = nodes.start(name, controller);
    await nodes.untilReady(name, first);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const abroad = nodes.start(name, { ...controller, 'cluster.id': 'test-cluster-id-00000A' });
    expect(await refused(abroad)).toMatch(
      /quorum belongs to cluster \S{22}, this node is configured for cluster test-cluster-id-00000A: correct cluster\.id or the directory$/,
    );
    const renamed = nodes.start(name, {
      ...controller,
      'node.id': '12',
      'controller.quorum.voters': controllersOf(port, 12),
    });
    expect(await refused(renamed)).toMatch(/11.*12|12.*11/);
    await nodes.untilReady(name, nodes.start(name, controller));
  });
});
