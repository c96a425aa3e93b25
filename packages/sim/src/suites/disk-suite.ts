import { type Disk, DiskError, type DiskErrorCode, type DiskFile, utf8Decode, utf8Encode } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { type SuiteWorld, within } from './suite-world.ts';

export interface DiskWorld extends SuiteWorld {
  readonly disk: Disk;
  /** The same disk as another process sees it. */
  readonly otherProcess: Disk;
  /** Exists and is empty. */
  readonly directory: string;
}

/** What every {@link Disk} does. What only a loss of power can show is the simulator's half: sim's own tests. */
export function diskSuite(name: string, make: () => Promise<DiskWorld>): void {
  describe(name, () => {
    describe('bytes of a file', () => bytesSuite(make));
    describe('life of a file', () => filesSuite(make));
    describe('names', () => namesSuite(make));
    describe('the lock of a directory', () => lockSuite(make));
  });
}

function bytesSuite(make: () => Promise<DiskWorld>): void {
  test('the parts of a write stand one after the other, from its position', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      await file.write(0, [utf8Encode('Vltava')]);
      await file.write(3, [utf8Encode('--'), new Uint8Array(0), utf8Encode('!!')]);
      expect(await text(file)).toBe('Vlt--!!');
      expect(await file.size()).toBe(7);
      await file.close();
    }));

  test('a write of thousands of parts arrives whole', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      const parts = Array.from({ length: 5_000 }, (_, index) => new Uint8Array(7).fill(index % 251));
      await file.write(1, parts);
      const read = new Uint8Array(7 * 5_000 + 1);
      expect(await file.read(0, read)).toBe(read.length);
      expect(read[0]).toBe(0);
      expect(parts.findIndex((part, index) => read[1 + index * 7] !== part[0] || read[7 + index * 7] !== part[6])).toBe(
        -1,
      );
      await file.close();
    }));

  test('a gap that a write leaves is filled with zeros', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      await file.write(3, [utf8Encode('x')]);
      expect(await text(file)).toBe('\0\0\0x');
      await file.close();
    }));

  test('a read is short only at the end of the file', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      await file.write(0, [utf8Encode('abcdef')]);
      expect(await file.read(2, new Uint8Array(3))).toBe(3);
      expect(await file.read(4, new Uint8Array(8))).toBe(2);
      expect(await file.read(6, new Uint8Array(8))).toBe(0);
      expect(await file.read(60, new Uint8Array(8))).toBe(0);
      await file.close();
    }));

  test('truncation cuts, and growing again shows zeros', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      await file.write(0, [utf8Encode('abcdef')]);
      await file.truncate(2);
      await file.truncate(4);
      expect(await text(file)).toBe('ab\0\0');
      await file.sync();
      await file.close();
    }));
}

function filesSuite(make: () => Promise<DiskWorld>): void {
  test('open modes: create wants nothing there, existing wants something, createOrOpen takes either', () =>
    within(make, async ({ disk, directory }) => {
      const path = `${directory}/f`;
      await expectCode('ENOENT', disk.open(path, { lane: 'bulk', mode: 'existing' }));
      await (await disk.open(path, { lane: 'journal', mode: 'createOrOpen' })).close();
      await expectCode('EEXIST', disk.open(path, { lane: 'bulk', mode: 'create' }));
      const again = await disk.open(path, { lane: 'checkpoint', mode: 'createOrOpen' });
      await again.write(0, [utf8Encode('kept')]);
      await again.close();
      const existing = await disk.open(path, { lane: 'bulk', mode: 'existing' });
      expect(await text(existing)).toBe('kept');
      await existing.close();
      await expectCode('ENOENT', disk.open(`${directory}/missing/f`, { lane: 'bulk', mode: 'create' }));
    }));

  test('a removed file stays readable through its open handle', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      await file.write(0, [utf8Encode('still')]);
      await disk.removeFile(`${directory}/f`);
      expect(await disk.list(directory)).toEqual([]);
      expect(await text(file)).toBe('still');
      await file.close();
    }));

  test('many operations at once all complete', () =>
    within(make, async ({ disk, directory }) => {
      const file = await create(disk, `${directory}/f`);
      const slots = Array.from({ length: 64 }, (_, index) => index);
      await Promise.all(slots.map((slot) => file.write(slot, [new Uint8Array([slot])])));
      const read = new Uint8Array(64);
      await Promise.all(slots.map((slot) => file.read(slot, read.subarray(slot, slot + 1))));
      expect([...read]).toEqual(slots);
      await file.close();
    }));
}

function namesSuite(make: () => Promise<DiskWorld>): void {
  test('directories are made with their parents, and making them again is harmless', () =>
    within(make, async ({ disk, directory }) => {
      await disk.makeDirectory(`${directory}/a/b/c`);
      await disk.makeDirectory(`${directory}/a/b`);
      expect(await disk.list(`${directory}/a`)).toEqual([{ name: 'b', kind: 'directory' }]);
    }));

  test('a listing is in the order of the names', () =>
    within(make, async ({ disk, directory }) => {
      for (const each of ['b', 'a', 'B', '10', '9']) await (await create(disk, `${directory}/${each}`)).close();
      expect((await disk.list(directory)).map((entry) => entry.name)).toEqual(['10', '9', 'B', 'a', 'b']);
      await expectCode('ENOENT', disk.list(`${directory}/missing`));
    }));

  test('a rename replaces the file at the target, also in another directory', () =>
    within(make, async ({ disk, directory }) => {
      await disk.makeDirectory(`${directory}/from`);
      await disk.makeDirectory(`${directory}/to`);
      await put(disk, `${directory}/from/f`, 'new');
      await put(disk, `${directory}/to/f`, 'old');
      await disk.rename(`${directory}/from/f`, `${directory}/to/f`);
      await disk.syncDirectory(`${directory}/from`);
      await disk.syncDirectory(`${directory}/to`);
      expect(await disk.list(`${directory}/from`)).toEqual([]);
      expect(await contents(disk, `${directory}/to/f`)).toBe('new');
      await expectCode('ENOENT', disk.rename(`${directory}/from/f`, `${directory}/to/g`));
    }));

  test('a directory is renamed with all that is in it', () =>
    within(make, async ({ disk, directory }) => {
      await disk.makeDirectory(`${directory}/a`);
      await put(disk, `${directory}/a/f`, 'inside');
      await disk.rename(`${directory}/a`, `${directory}/b`);
      expect(await contents(disk, `${directory}/b/f`)).toBe('inside');
      expect(await disk.list(directory)).toEqual([{ name: 'b', kind: 'directory' }]);
    }));

  test('a directory is removed with all that is in it; what is missing cannot be removed', () =>
    within(make, async ({ disk, directory }) => {
      await disk.makeDirectory(`${directory}/a/b`);
      await put(disk, `${directory}/a/b/f`, 'x');
      await disk.removeDirectory(`${directory}/a`);
      expect(await disk.list(directory)).toEqual([]);
      await expectCode('ENOENT', disk.removeDirectory(`${directory}/a`));
      await expectCode('ENOENT', disk.removeFile(`${directory}/f`));
      await expectCode('ENOENT', disk.syncDirectory(`${directory}/a`));
    }));

  test('there is room', () =>
    within(make, async ({ disk, directory }) => {
      const { freeBytes, totalBytes } = await disk.space(directory);
      expect(freeBytes).toBeGreaterThan(1_000_000);
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
    }));
}

function lockSuite(make: () => Promise<DiskWorld>): void {
  test('keeps every other out until it is released, and says which directory', () =>
    within(make, async ({ disk, otherProcess, directory }) => {
      const lock = await disk.lock(directory);
      const refusal = await expectCode('ELOCKED', otherProcess.lock(directory));
      expect(refusal.message).toContain(directory);
      await expectCode('ELOCKED', disk.lock(directory));
      await lock.release();
      await (await otherProcess.lock(directory)).release();
    }));

  test('needs the directory', () =>
    within(make, async ({ disk, directory }) => {
      await expectCode('ENOENT', disk.lock(`${directory}/missing`));
    }));
}

function create(disk: Disk, path: string): Promise<DiskFile> {
  return disk.open(path, { lane: 'bulk', mode: 'create' });
}

async function put(disk: Disk, path: string, value: string): Promise<void> {
  const file = await create(disk, path);
  await file.write(0, [utf8Encode(value)]);
  await file.sync();
  await file.close();
}

async function contents(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, { lane: 'bulk', mode: 'existing' });
  const value = await text(file);
  await file.close();
  return value;
}

async function text(file: DiskFile): Promise<string> {
  const bytes = new Uint8Array(await file.size());
  await file.read(0, bytes);
  return utf8Decode(bytes);
}

async function expectCode(code: DiskErrorCode, operation: Promise<unknown>): Promise<DiskError> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiskError))
    throw new Error(`a DiskError ${code} is expected, not ${String(error)}`, { cause: error });
  expect(error.code).toBe(code);
  return error;
}
