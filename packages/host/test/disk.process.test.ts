import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiskWorld, diskSuite, keyValueStoreSuite, type StoreWorld } from '@moldau/sim/suites';
import { expect, test } from 'vitest';
import { NodeDisk, openLevelStore } from '../src/index.ts';

async function directory(): Promise<{ path: string; end: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'moldau-host-'));
  return { path, end: () => rm(path, { recursive: true, force: true }) };
}

async function diskWorld(): Promise<DiskWorld> {
  const { path, end } = await directory();
  return { disk: new NodeDisk(), otherProcess: new NodeDisk(), directory: path, run: (body) => body(), end };
}

async function storeWorld(): Promise<StoreWorld> {
  const { path, end } = await directory();
  return { open: () => openLevelStore(join(path, 'store')), run: (body) => body(), end };
}

diskSuite('the real disk', diskWorld);
keyValueStoreSuite('the store in LevelDB', storeWorld);

test('a store is opened once at a time', async () => {
  const { path, end } = await directory();
  const store = await openLevelStore(path);
  await expect(openLevelStore(path)).rejects.toMatchObject({ name: 'DiskError', code: 'ELOCKED' });
  await store.close();
  await end();
});

test('the lock of a process that was killed is free', async () => {
  const { path, end } = await directory();
  const holder = spawn(process.execPath, [new URL('./lock-holder.ts', import.meta.url).pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const disk = new NodeDisk();
  await expect(disk.lock(path)).rejects.toMatchObject({
    code: 'ELOCKED',
    message: expect.stringContaining('stop it first'),
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await disk.lock(path)).release();
  await end();
});

test('bulk work does not keep the journal waiting', async () => {
  const { path, end } = await directory();
  const disk = new NodeDisk();
  const bulk = await disk.open(join(path, 'bulk'), { lane: 'bulk', mode: 'create' });
  const journal = await disk.open(join(path, 'journal'), { lane: 'journal', mode: 'create' });
  const finished: string[] = [];
  const block = [new Uint8Array(64 * 1024)];
  const jobs = Array.from({ length: 200 }, (_, index) =>
    bulk.write(index * 65_536, block).then(() => finished.push('bulk')),
  );
  jobs.push(journal.write(0, block).then(() => finished.push('journal')));
  await Promise.all(jobs);
  expect(finished.indexOf('journal')).toBeLessThan(100);
  await bulk.close();
  await journal.close();
  await end();
});
