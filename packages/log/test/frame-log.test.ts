import { type Disk, pureChecksum, utf8Encode } from '@moldau/base';
import { Scheduler, SimDisk, SimProcess, SimRandom } from '@moldau/sim';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Frame, FrameLog, type FrameLogOpening, type FrameLogOptions } from '../src/index.ts';

const DIRECTORY = '/journal';

class FrameWorld {
  readonly scheduler: Scheduler;
  readonly disk: SimDisk;
  readonly #random: SimRandom;
  readonly #process: SimProcess;

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.#random.fork('scheduler'));
    this.disk = new SimDisk(this.#random.fork('disk'));
    this.#process = new SimProcess(this.scheduler, { name: 'node' });
  }

  mount(): Disk {
    return this.disk.mount(this.#process.start());
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.scheduler.settle(promise);
  }

  async open(options: Partial<FrameLogOptions> = {}): Promise<{ opening: FrameLogOpening; frames: Frame[] }> {
    const frames: Frame[] = [];
    const ports = { disk: this.mount(), checksum: pureChecksum, random: this.#random };
    const opening = await this.settle(
      FrameLog.open(ports, { directory: DIRECTORY, ...options }, (frame) => frames.push(frame)),
    );
    return { opening, frames };
  }

  async openSound(options: Partial<FrameLogOptions> = {}): Promise<{ log: FrameLog; texts: string[] }> {
    const { opening, frames } = await this.open(options);
    if (opening.kind !== 'open') throw new Error(`corrupt: ${JSON.stringify(opening)}`);
    const firstSequence = frames[0]?.sequence ?? 0;
    expect(frames.map((frame) => frame.sequence)).toEqual(frames.map((_, index) => firstSequence + index));
    return { log: opening.log, texts: frames.map(textOf) };
  }

  kill(): void {
    this.#process.kill();
  }

  crash(): void {
    this.#process.kill();
    this.disk.losePower();
  }

  paths(): string[] {
    return this.disk
      .files()
      .map((file) => file.path)
      .sort();
  }
}

function textOf(frame: Frame): string {
  return `${frame.type}:${new TextDecoder().decode(frame.payload)}`;
}

function append(log: FrameLog, text: string, type = 1): number {
  return log.append(type, [utf8Encode(text.slice(0, 2)), utf8Encode(text.slice(2))]);
}

describe('a frame log', () => {
  test('gives back what was flushed, across files, in order', async () => {
    const world = new FrameWorld(1);
    const { log } = await world.openSound({ fileBytesMax: 200 });
    const texts: string[] = [];
    for (let round = 0; round < 20; round++) {
      texts.push(`${round % 5}:frame-${round}`);
      append(log, `frame-${round}`, round % 5);
      await world.settle(log.flush());
    }
    expect(log.durableEnd).toBe(20);
    expect(world.paths().length).toBeGreaterThan(3);
    world.crash();
    expect((await world.openSound({ fileBytesMax: 200 })).texts).toEqual(texts);
  });

  test('flushes all that waits at once, and shares the promise', async () => {
    const world = new FrameWorld(1);
    const { log } = await world.openSound();
    append(log, 'first');
    const first = log.flush();
    append(log, 'second');
    append(log, 'third');
    const second = log.flush();
    expect(log.flush()).toBe(second);
    await world.settle(first);
    expect(log.durableEnd).toBe(1);
    await world.settle(second);
    expect(log.durableEnd).toBe(3);
  });

  test('trims whole files from the front, and goes on behind them', async () => {
    const world = new FrameWorld(1);
    const { log } = await world.openSound({ fileBytesMax: 100 });
    for (let round = 0; round < 10; round++) {
      append(log, `frame-${round}`);
      await world.settle(log.flush());
    }
    await world.settle(log.trim(7));
    world.crash();
    const { texts } = await world.openSound({ fileBytesMax: 100, neededSequence: 7 });
    expect(texts.slice(-3)).toEqual(['1:frame-7', '1:frame-8', '1:frame-9']);
    expect(texts.length).toBeLessThan(6);
  });

  test('a failed sync is final', async () => {
    const world = new FrameWorld(1);
    const { log } = await world.openSound();
    world.disk.inject({ operation: 'sync', code: 'EIO' });
    append(log, 'lost');
    await expect(world.settle(log.flush())).rejects.toMatchObject({ code: 'EIO' });
    await expect(log.flush()).rejects.toMatchObject({ code: 'EIO' });
    expect(log.durableEnd).toBe(0);
  });

  test('a file whose header was never synced is written again before frames in it count', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new FrameWorld(seed);
      world.disk.inject({ operation: 'sync', code: 'EIO' });
      await expect(world.open()).rejects.toMatchObject({ code: 'EIO' });
      world.kill();
      const { log } = await world.openSound();
      append(log, 'kept');
      await world.settle(log.flush());
      world.crash();
      expect((await world.openSound()).texts).toEqual(['1:kept']);
    }
  });
});

/** A log of `flushes` groups of frames, closed by a kill; gives the path of its only file. */
async function written(world: FrameWorld, flushes: readonly (readonly string[])[]): Promise<string> {
  const { log } = await world.openSound();
  for (const group of flushes) {
    for (const text of group) append(log, text);
    await world.settle(log.flush());
  }
  world.kill();
  const [path = ''] = world.paths();
  return path;
}

describe('recovery tells a torn tail from corruption', () => {
  test('frames of the last flush that are cut short were promised to nobody, and go', async () => {
    const world = new FrameWorld(1);
    const path = await written(world, [['one'], ['two', 'three']]);
    const file = await world.settle(world.mount().open(path, { lane: 'journal', mode: 'existing' }));
    await world.settle(file.truncate((await world.settle(file.size())) - 3));
    world.kill();
    const { opening, frames } = await world.open();
    expect(opening).toMatchObject({ kind: 'open', cutBytes: 32 + 'three'.length - 3 });
    expect(frames.map(textOf)).toEqual(['1:one', '1:two']);
  });

  test('a hole within the last flush is a torn tail although a valid frame follows it', async () => {
    const world = new FrameWorld(1);
    const path = await written(world, [['one'], ['two', 'three']]);
    world.disk.flipBit(path, 32 + 35 + 33);
    const { opening, frames } = await world.open();
    expect(opening.kind).toBe('open');
    expect(frames.map(textOf)).toEqual(['1:one']);
  });

  test('a changed byte below a durable end that a later frame names is corruption, and nothing is cut', async () => {
    const world = new FrameWorld(1);
    const path = await written(world, [['one'], ['two'], ['three']]);
    const before = world.disk.contents(path)?.length;
    world.disk.flipBit(path, 32 + 33);
    const { opening, frames } = await world.open();
    expect(opening).toMatchObject({ kind: 'corrupt', sequence: 0, durableEnd: 2, positionBytes: 32 });
    expect(frames).toEqual([]);
    expect(world.disk.contents(path)?.length).toBe(before);
  });

  test('a file that is missing between two others, or at the front of what is needed, is corruption', async () => {
    for (const victim of [0, 1]) {
      const world = new FrameWorld(1);
      const { log } = await world.openSound({ fileBytesMax: 40 });
      for (const text of ['one', 'two', 'three']) {
        append(log, text);
        await world.settle(log.flush());
      }
      world.kill();
      const disk = world.mount();
      await world.settle(disk.removeFile(world.paths()[victim] ?? ''));
      world.kill();
      const { opening } = await world.open({ neededSequence: 0 });
      expect(opening.kind).toBe('corrupt');
    }
  });

  test('all files gone is corruption when the owner knows of frames', async () => {
    const world = new FrameWorld(1);
    expect((await world.open({ neededSequence: 5, firstSequence: 5 })).opening.kind).toBe('corrupt');
  });

  test('a last file cut to nothing is corruption when the owner knows of a frame in it, and unborn otherwise', async () => {
    for (const [neededSequence, kind] of [
      [3, 'corrupt'],
      [0, 'open'],
    ] as const) {
      const world = new FrameWorld(11);
      const { log } = await world.openSound();
      for (let sequence = 0; sequence < 5; sequence++) {
        log.append(1, [utf8Encode('kept')]);
        await world.settle(log.flush());
      }
      world.kill();
      const file = await world.settle(
        world.mount().open(world.paths()[0] ?? '', { lane: 'journal', mode: 'existing' }),
      );
      await world.settle(file.truncate(0));
      world.kill();
      expect((await world.open({ neededSequence })).opening).toMatchObject(
        kind === 'open' ? { kind } : { kind, sequence: 0, durableEnd: 3 },
      );
    }
  });

  test('bytes in a payload that imitate a frame are not taken for one', async () => {
    const other = new FrameWorld(2);
    const path = await written(other, [['one'], ['two'], ['three']]);
    const imitation = other.disk.contents(path)?.slice(32) ?? new Uint8Array();
    const world = new FrameWorld(1);
    const { log } = await world.openSound();
    append(log, 'sound');
    await world.settle(log.flush());
    log.append(1, [imitation]);
    await world.settle(log.flush());
    world.kill();
    world.disk.flipBit(world.paths()[0] ?? '', 32 + 37 + 5);
    const { opening, frames } = await world.open();
    expect([opening.kind, frames.map(textOf)]).toEqual(['open', ['1:sound']]);
  });
});

test('whatever the crash, what was flushed is there, in order, and nothing follows a hole', async () => {
  const stepArbitrary = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), bytes: fc.nat({ max: 700 }) }),
    fc.constant({ kind: 'flush' as const }),
    fc.record({ kind: fc.constant('pass' as const), durationMs: fc.double({ min: 0, max: 2, noNaN: true }) }),
    fc.record({ kind: fc.constant('crash' as const), power: fc.boolean() }),
  );
  const property = fc.asyncProperty(fc.nat(), fc.array(stepArbitrary, { maxLength: 60 }), async (seed, steps) => {
    const world = new FrameWorld(seed);
    let { log } = await world.openSound({ fileBytesMax: 500 });
    let model: Uint8Array[] = [];
    let durable = 0;
    const reopen = async (power: boolean): Promise<void> => {
      durable = Math.max(durable, log.durableEnd);
      if (power) world.crash();
      else world.kill();
      const { opening, frames } = await world.open({ fileBytesMax: 500 });
      if (opening.kind !== 'open') throw new Error(JSON.stringify(opening));
      expect(frames.length).toBeGreaterThanOrEqual(durable);
      expect(frames.map((frame) => frame.payload)).toEqual(model.slice(0, frames.length));
      model = model.slice(0, frames.length);
      log = opening.log;
      durable = log.durableEnd;
    };
    for (const step of steps) {
      if (step.kind === 'append') {
        const payload = new Uint8Array(step.bytes).fill(model.length + 1);
        log.append(7, [payload]);
        model.push(payload);
      } else if (step.kind === 'flush') void log.flush();
      else if (step.kind === 'pass') await world.scheduler.run({ untilMs: world.scheduler.nowMs + step.durationMs });
      else await reopen(step.power);
    }
    await reopen(true);
  });
  await fc.assert(property, { numRuns: 500 });
}, 60_000);

test('a log that is abandoned during a flush writes nothing more, and opens again', async () => {
  const world = new FrameWorld(1);
  const { log } = await world.openSound();
  append(log, 'one');
  const first = log.flush();
  append(log, 'two');
  const second = log.flush();
  const refused = expect(second).rejects.toMatchObject({ code: 'EOTHER' });
  await world.settle(log.abandon());
  await world.settle(first);
  await refused;
  world.kill();
  expect((await world.openSound()).texts).toEqual(['1:one']);
});
