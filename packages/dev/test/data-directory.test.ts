import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askSupervisor } from '../src/supervisor/control.ts';
import { checkDataDirectory, dataOption } from '../src/supervisor/data-directory.ts';
import { openIdentity } from '../src/supervisor/identity-file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'moldau-data-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  ['.moldau', ''],
  ['other/dir', ' --data other/dir'],
  ["it's here", " --data 'it'\\''s here'"],
])('commands that are printed mean %j', (data, option) => {
  expect(dataOption(data)).toBe(option);
});

test('a name that is empty, and a file, hold no cluster; what is not there yet may', async () => {
  const file = path.join(directory, 'file');
  writeFileSync(file, '');
  expect(() => checkDataDirectory('')).toThrow('--data names nothing');
  expect(() => checkDataDirectory(file)).toThrow(`${file} is no directory`);
  expect(() => checkDataDirectory(path.join(directory, 'new'))).not.toThrow();
  await expect(askSupervisor(file, 'status')).rejects.toMatchObject({ name: 'DevError' });
});

test('nobody runs there: the command that starts it names the directory', async () => {
  await expect(askSupervisor(directory, 'status')).rejects.toMatchObject({
    message: `no cluster runs on ${directory}`,
    hint: expect.stringContaining(`npx moldau dev up --data ${directory}`) as unknown,
  });
});

test.each(['{}', 'no json', '{"clusterId":"c","brokers":3,"controllers":3}'])(
  'an identity that is none is damage: %s',
  async (text) => {
    writeFileSync(path.join(directory, 'cluster.json'), text);
    await expect(openIdentity({ data: directory })).rejects.toThrow('cluster.json is damaged');
  },
);
