import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeLog } from '../src/supervisor/node-log.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'moldau-node-log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('events of level error are picked out, even when a chunk ends within a line', () => {
  const errors: string[] = [];
  const log = new NodeLog(path.join(directory, 'node.log'), (line) => errors.push(line));
  log.write(Buffer.from('{"level":"info","event":"listening"}\n{"level":"error","event":"disk off'));
  log.write(Buffer.from('line","err":{"message":"EIO"}}\nnot an event\n{"level":"error","event":"a bug"}\n'));
  log.close();
  expect(errors).toEqual(['disk offline: EIO', 'a bug']);
});

test('two files of 8 MiB hold the log of a node that says too much', () => {
  const file = path.join(directory, 'node.log');
  const log = new NodeLog(file, () => undefined);
  const chunk = Buffer.alloc(1024 * 1024, 'x\n');
  for (let i = 0; i < 20; i++) log.write(chunk);
  log.write(Buffer.from('last words'));
  log.close();
  expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThanOrEqual(16 * 1024 * 1024);
  expect(readFileSync(file, 'utf8').endsWith('last words')).toBe(true);
  expect(log.tail.endsWith('last words')).toBe(true);
});
