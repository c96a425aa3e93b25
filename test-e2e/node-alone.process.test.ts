import path from 'node:path';
import { type Client, createClient } from '@moldau/client';
import { readNodeInfo } from '@moldau/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandProcess } from './support/command.ts';
import { moldau } from './support/command.ts';
import { combined, freePort, LoneNodes } from './support/lone-nodes.ts';
import { START_TIMEOUT_MS } from './support/until.ts';

/* One process, broker and controller in one, started with a file as an operator would. The tests follow its life. */

const NAME = 'alone';
const nodes = new LoneNodes();
let properties: Readonly<Record<string, string>> = {};
let node: CommandProcess;
let admin = '';
let bootstrap = '';

async function start(): Promise<void> {
  node = nodes.start(NAME, properties);
  const info = await nodes.untilReady(NAME, node);
  ({ admin, grpc: bootstrap } = info);
}

function verdict(): unknown {
  const line = node.err.split('\n').find((text) => text.includes('"event":"data directory is open"')) ?? '{}';
  return (JSON.parse(line) as { verdict?: unknown }).verdict;
}

async function get(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${admin}${url}`);
  return { status: response.status, body: await response.text() };
}

beforeAll(async () => {
  properties = combined(await freePort(), path.join(nodes.root, NAME));
  await start();
}, START_TIMEOUT_MS);
afterAll(() => nodes.close());

describe('its admin port', () => {
  test('says that it lives and is ready, and with ?verbose of what', async () => {
    expect(await get('/livez')).toEqual({ status: 200, body: 'live\n' });
    expect(await get('/readyz')).toEqual({ status: 200, body: 'ready\n' });
    const { status, body } = await get('/readyz?verbose');
    expect(status).toBe(200);
    const facts = body.trimEnd().split('\n');
    expect(facts.pop()).toBe('ready');
    expect(facts.length).toBeGreaterThan(3);
    for (const fact of facts) expect(fact).toMatch(/^\[\+\] [a-z -]+: .+$/);
    expect(await get('/nothing')).toMatchObject({ status: 404 });
  });

  test('every line of /metrics is Prometheus text, each family once, each series once', async () => {
    const { status, body } = await get('/metrics');
    expect(status).toBe(200);
    expect(body.endsWith('\n')).toBe(true);
    const types = new Map<string, string>();
    const helped = new Set<string>();
    const series = new Set<string>();
    for (const line of body.trimEnd().split('\n')) {
      const [, keyword, family = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
      if (keyword === 'HELP') {
        expect(helped.has(family), line).toBe(false);
        helped.add(family);
        continue;
      }
      if (keyword === 'TYPE') {
        expect(types.has(family), line).toBe(false);
        expect(['counter', 'gauge']).toContain(rest);
        types.set(family, rest);
        continue;
      }
      const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"`;
      const sample = new RegExp(
        String.raw`^(([a-zA-Z_:][\w:]*)(?:\{${label}(?:,${label})*\})?) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$`,
      );
      const [, name = '', ofFamily = '', value = ''] = sample.exec(line) ?? [];
      expect(name, line).not.toBe('');
      expect(series.has(name), line).toBe(false);
      series.add(name);
      expect([...types.keys()].at(-1), line).toBe(ofFamily);
      if (types.get(ofFamily) === 'counter') expect(Number(value), line).toBeGreaterThanOrEqual(0);
    }
    expect([...types.keys()].every((family) => helped.has(family))).toBe(true);
    expect(series.size).toBeGreaterThan(20);
  });
});

describe('its data', () => {
  const withClient = async <T>(use: (client: Client) => Promise<T>): Promise<T> => {
    await using client = createClient({ bootstrap: [bootstrap], clientId: 'test' });
    return await use(client);
  };
  const write = async (text: string): Promise<void> => {
    const { code, err } = await moldau(['-b', bootstrap, 'produce', 'kept', '-p', '0'], { stdin: text });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^\d+ records? to kept/) });
  };
  const read = async (): Promise<string> => (await moldau(['-b', bootstrap, 'consume', 'kept', '--until-end'])).out;

  test('a new directory says so, and takes records', async () => {
    expect(verdict()).toBe('new');
    await withClient((client) => client.admin().createTopics([{ name: 'kept', partitions: 1 }]));
    await write('one\ntwo\n');
    expect(await read()).toBe('one\ntwo\n');
  });

  test('SIGTERM is a clean stop: exit code 0, node.json gone, and the next start says clean', async () => {
    node.child.kill('SIGTERM');
    expect(await node.ended).toBe(0);
    expect(await readNodeInfo(path.join(nodes.root, NAME))).toBeUndefined();
    await start();
    expect(verdict()).toBe('clean');
    expect(await read()).toBe('one\ntwo\n');
    await write('three\n');
  });

  test('kill -9: the next start recovers, says crashed-intact, and has everything that was acknowledged', async () => {
    await node.kill();
    await start();
    expect(verdict()).toBe('crashed-intact');
    expect(await read()).toBe('one\ntwo\nthree\n');
    await write('four\n');
    expect(await read()).toBe('one\ntwo\nthree\nfour\n');
  });
});
