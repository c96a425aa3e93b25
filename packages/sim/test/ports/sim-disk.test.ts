import { type Disk, type DiskFile, isMissing, utf8Decode, utf8Encode } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { openSimStore } from '../../src/index.ts';
import { type Machine, machine } from './simulated-worlds.ts';

const SEEDS = 200;

/** Runs the body in many machines and counts what came out of it. */
async function outcomes(body: (machine: Machine, disk: Disk) => Promise<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const world = machine(seed);
    const disk = world.disk.mount(world.process.start());
    const outcome = await world.scheduler.settle(body(world, disk));
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

function losePower({ process, disk }: Machine): void {
  process.kill();
  disk.losePower();
}

function text(world: Machine, path: string): string {
  const bytes = world.disk.contents(path);
  return bytes === undefined ? 'missing' : utf8Decode(bytes);
}

async function durableFile(disk: Disk, path: string, content: string): Promise<DiskFile> {
  const file = await disk.open(path, { lane: 'journal', mode: 'create' });
  await file.write(0, [utf8Encode(content)]);
  await file.sync();
  await disk.syncDirectory('/');
  return file;
}

describe('a loss of power', () => {
  test('keeps what was synced, with its name', async () => {
    const found = await outcomes(async (world, disk) => {
      await durableFile(disk, '/f', 'synced');
      losePower(world);
      return text(world, '/f');
    });
    expect([...found.keys()]).toEqual(['synced']);
  });

  test('may take the name of a file that was synced, when its directory was not', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await disk.open('/f', { lane: 'journal', mode: 'create' });
      await file.write(0, [utf8Encode('synced')]);
      await file.sync();
      losePower(world);
      return text(world, '/f');
    });
    expect([...found.keys()].sort()).toEqual(['missing', 'synced']);
  });

  test('tears writes at the borders of sectors, and may keep a later one without an earlier', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await durableFile(disk, '/f', '.'.repeat(4 * 4096));
      await file.write(0, [new Uint8Array(4 * 4096).fill(0x78)]);
      losePower(world);
      const bytes = world.disk.contents('/f') ?? new Uint8Array(0);
      const sectors = Array.from({ length: 32 }, (_, index) => new Set(bytes.subarray(index * 512, index * 512 + 512)));
      expect(sectors.every((values) => values.size === 1)).toBe(true);
      const kept = sectors.map((values) => (values.has(0x78) ? 'x' : '.')).join('');
      if (!kept.includes('x')) return 'nothing';
      if (!kept.includes('.')) return 'all';
      return kept.indexOf('.') < kept.lastIndexOf('x') ? 'holes' : 'a prefix';
    });
    expect([...found.keys()].sort()).toEqual(['a prefix', 'all', 'holes', 'nothing'].sort());
  });

  test('may leave zeros where the size was kept and the data was not', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await durableFile(disk, '/f', '');
      await file.write(0, [new Uint8Array(1024).fill(0x78)]);
      losePower(world);
      const bytes = world.disk.contents('/f') ?? new Uint8Array(0);
      return bytes.length === 0 ? 'no size' : bytes.every((byte) => byte === 0) ? 'zeros' : 'data';
    });
    expect([...found.keys()].sort()).toEqual(['data', 'no size', 'zeros']);
  });

  test('may undo a truncation, but not what was written past it and kept', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await durableFile(disk, '/f', 'old old old');
      await file.truncate(3);
      await file.write(3, [utf8Encode(' new')]);
      losePower(world);
      return text(world, '/f').replaceAll('\0', '0');
    });
    expect([...found.keys()].sort()).toEqual(['old', 'old new', 'old old old', 'old0000']);
  });

  test('keeps a prefix of the changes of names, and a rename whole', async () => {
    const found = await outcomes(async (world, disk) => {
      await durableFile(disk, '/a', 'old');
      await durableFile(disk, '/a.tmp', 'new');
      await durableFile(disk, '/b', 'b');
      await disk.rename('/a.tmp', '/a');
      await disk.removeFile('/b');
      losePower(world);
      return `${text(world, '/a')} ${text(world, '/a.tmp')} ${text(world, '/b')}`;
    });
    expect([...found.keys()].sort()).toEqual(['new missing b', 'new missing missing', 'old new b']);
  });

  test('a rename across directories is durable only when both are synced', async () => {
    const found = await outcomes(async (world, disk) => {
      await disk.makeDirectory('/from');
      await disk.makeDirectory('/to');
      await durableFile(disk, '/from/f', 'f');
      await disk.syncDirectory('/from');
      await disk.rename('/from/f', '/to/f');
      await disk.syncDirectory('/to');
      losePower(world);
      return `${text(world, '/from/f')} ${text(world, '/to/f')}`;
    });
    expect([...found.keys()].sort()).toEqual(['f missing', 'missing f']);
  });

  test('a removed directory may come back, with what a prefix of the removals left', async () => {
    const found = await outcomes(async (world, disk) => {
      await disk.makeDirectory('/d');
      await (await disk.open('/d/f', { lane: 'bulk', mode: 'create' })).close();
      await disk.syncDirectory('/d');
      await disk.removeDirectory('/d');
      losePower(world);
      const paths = [...world.disk.tree.entries()].map(([path]) => path);
      return paths.join(' ');
    });
    expect([...found.keys()].sort()).toEqual(['', '/d', '/d /d/f']);
  });

  test('takes only a suffix of the unsynced writes of a store, each whole or not at all', async () => {
    const found = await outcomes(async (world) => {
      world.process.kill();
      const store = await openSimStore(world.disk, world.process.start(), '/store');
      await store.write([{ key: 'a', value: utf8Encode('1') }], { sync: true });
      for (const value of ['2', '3']) {
        await store.write(
          ['a', 'b'].map((key) => ({ key, value: utf8Encode(value) })),
          { sync: false },
        );
      }
      losePower(world);
      const again = await openSimStore(world.disk, world.process.start(), '/store');
      const shown = async (key: string): Promise<string> => utf8Decode((await again.get(key)) ?? utf8Encode('-'));
      return (await shown('a')) + (await shown('b'));
    });
    expect([...found.keys()].sort()).toEqual(['1-', '22', '33']);
  });
});

describe('a kill', () => {
  test('loses nothing that was written, and does what was under way wholly, partly or not', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await disk.open('/f', { lane: 'journal', mode: 'create' });
      await file.write(0, [utf8Encode('ab')]);
      void file.write(2, [utf8Encode('cd')]);
      void disk.rename('/f', '/g');
      world.process.kill();
      return `${text(world, '/f')} ${text(world, '/g')}`;
    });
    const contents = ['ab', 'abc', 'abcd'];
    expect([...found.keys()].sort()).toEqual(contents.flatMap((each) => [`${each} missing`, `missing ${each}`]).sort());
  });

  test('frees the lock', async () => {
    const world = machine('lock');
    const take = async (): Promise<void> => {
      const disk = world.disk.mount(world.process.start());
      await disk.makeDirectory('/data');
      await disk.lock('/data');
      world.process.kill();
    };
    await world.scheduler.settle(take());
    await world.scheduler.settle(take());
  });

  test('of a paused process leaves the disk as the kernel had it', async () => {
    const world = machine('paused');
    const disk = world.disk.mount(world.process.start());
    const file = await world.scheduler.settle(disk.open('/f', { lane: 'bulk', mode: 'create' }));
    let heard = false;
    void file.write(0, [utf8Encode('written')]).then(() => (heard = true));
    world.process.pause();
    await world.scheduler.run({ untilMs: 1_000 });
    expect([text(world, '/f'), heard]).toEqual(['written', false]);
    world.process.resume();
    await world.scheduler.run({ untilMs: 2_000 });
    expect(heard).toBe(true);
  });
});

describe('faults', () => {
  test('a failed sync is final: reads show the data, no later sync makes it durable', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await durableFile(disk, '/f', 'old');
      world.disk.inject({ operation: 'sync', code: 'EIO' });
      await file.write(0, [utf8Encode('new')]);
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
      await file.sync();
      expect(text(world, '/f')).toBe('new');
      losePower(world);
      return text(world, '/f');
    });
    expect([...found.keys()].sort()).toEqual(['new', 'old']);
  });

  test('a sync covers the writes before its call, and none that settle while it is under way', async () => {
    const found = await outcomes(async (world, disk) => {
      const file = await durableFile(disk, '/f', '');
      await file.write(0, [utf8Encode('a')]);
      let synced = false;
      const sync = file.sync().then(() => {
        synced = true;
      });
      await file.write(1, [utf8Encode('b')]);
      const settledFirst = !synced;
      await sync;
      losePower(world);
      return settledFirst ? text(world, '/f').replaceAll('\0', '0') : 'the sync was faster';
    });
    found.delete('the sync was faster');
    expect([...found.keys()].sort()).toEqual(['a', 'a0', 'ab']);
  });

  test('a full disk takes what fits and refuses the rest', async () => {
    const world = machine('full');
    world.disk.capacityBytes = 4;
    const disk = world.disk.mount(world.process.start());
    await world.scheduler.settle(
      (async () => {
        const file = await disk.open('/f', { lane: 'bulk', mode: 'create' });
        await expect(file.write(0, [utf8Encode('abcdef')])).rejects.toMatchObject({ code: 'ENOSPC' });
        expect(text(world, '/f')).toBe('abcd');
        expect(await disk.space('/')).toEqual({ freeBytes: 0, totalBytes: 4 });
        await file.write(0, [utf8Encode('ABCD')]);
      })(),
    );
  });

  test('injected faults hit the operations they name, as often as they say', async () => {
    const world = machine('faults');
    const disk = world.disk.mount(world.process.start());
    const end = world.disk.inject({ operation: 'open', pathPart: 'victim', code: 'EIO', count: Infinity });
    await world.scheduler.settle(
      (async () => {
        const open = (path: string): Promise<DiskFile> => disk.open(path, { lane: 'bulk', mode: 'createOrOpen' });
        await open('/other');
        await expect(open('/victim')).rejects.toMatchObject({ code: 'EIO' });
        await expect(open('/victim')).rejects.toMatchObject({ code: 'EIO' });
        end();
        await open('/victim');
      })(),
    );
  });

  test('rot is on the medium: a restart does not heal it', async () => {
    const world = machine('rot');
    await world.scheduler.settle(durableFile(world.disk.mount(world.process.start()), '/f', 'a'));
    world.disk.flipBit('/f', 0, 1);
    losePower(world);
    expect(text(world, '/f')).toBe('c');
  });

  test('a wiped disk is empty', async () => {
    const world = machine('wipe');
    await world.scheduler.settle(durableFile(world.disk.mount(world.process.start()), '/f', 'a'));
    world.process.kill();
    world.disk.wipe();
    const disk = world.disk.mount(world.process.start());
    const opened = disk.open('/f', { lane: 'bulk', mode: 'existing' }).catch((error: unknown) => isMissing(error));
    expect(await world.scheduler.settle(opened)).toBe(true);
  });
});
