import { describe, expect, test } from 'vitest';
import { Scheduler, SimClock, SimProcess, SimRandom, SimTimers } from '../../src/index.ts';

function scheduler(seed: string | number = 'test'): Scheduler {
  return new Scheduler(new SimRandom(seed));
}

describe('the scheduler', () => {
  test('events run in the order of virtual time, then of phase', async () => {
    const world = scheduler();
    const ran: string[] = [];
    world.after(5, () => ran.push('late'));
    world.after(1, () => ran.push('end of turn'), { phase: 'endOfTurn' });
    world.after(1, () => ran.push('after poll'), { phase: 'afterPoll' });
    world.after(1, () => ran.push('socket'), { phase: 'io' });
    world.after(1, () => ran.push('timer'), { phase: 'timer' });
    expect(await world.run({})).toBe('idle');
    expect(ran).toEqual(['timer', 'socket', 'end of turn', 'after poll', 'late']);
    expect(world.nowMs).toBe(5);
  });

  test('all that an event causes in microtasks, however deep, comes before the next event', async () => {
    const world = scheduler();
    let depth = 0;
    const deep = async (): Promise<void> => {
      for (let count = 0; count < 1_000; count++) {
        await Promise.resolve();
        depth++;
      }
    };
    let depthSeen = -1;
    world.after(1, () => void deep());
    world.after(1, () => (depthSeen = depth), { phase: 'endOfTurn' });
    await world.run({});
    expect(depthSeen).toBe(1_000);
  });

  test('events of one instant race: over the seeds every order occurs, and ordered ones never swap', async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const world = scheduler(seed);
      let order = '';
      for (const name of 'abc') world.after(1, () => (order += name));
      for (const name of 'xy') world.after(1, () => (order += name), { ordered: true });
      await world.run({});
      expect(order.startsWith('xy')).toBe(true);
      orders.add(order);
    }
    expect(orders.size).toBe(6);
  });

  test('a run ends by its condition, its time, its count of events, or for want of events', async () => {
    const world = scheduler();
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      world.after(10, tick);
    };
    world.after(10, tick);
    expect(await world.run({ until: () => ticks === 3 })).toBe('until');
    expect(world.nowMs).toBe(30);
    expect(await world.run({ untilMs: 55 })).toBe('time');
    expect([world.nowMs, ticks]).toEqual([55, 5]);
    expect(await world.run({ eventsMax: 2 })).toBe('events');
    expect(ticks).toBe(7);
  });

  test('an error of an event or of a check after it fails the run', async () => {
    const world = scheduler();
    world.after(1, () => {
      throw new Error('from the event');
    });
    await expect(world.run({})).rejects.toThrow('from the event');
    world.after(1, () => undefined);
    const afterEvent = (): void => {
      throw new Error('from the check');
    };
    await expect(world.run({ afterEvent })).rejects.toThrow('from the check');
  });

  test('waiting for what never comes is an error, not a hang', async () => {
    await expect(scheduler().settle(new Promise(() => undefined))).rejects.toThrow('the world stopped (idle');
  });

  test('a seed gives the same run each time, another seed another run', async () => {
    const run = async (seed: number): Promise<string> => {
      const random = new SimRandom(seed);
      const world = new Scheduler(random.fork('scheduler'));
      const timers = ['a', 'b', 'c'].map((name) => {
        const life = new SimProcess(world, { name }).start();
        return new SimTimers(life, random.fork(name));
      });
      let rounds = 0;
      const round = async (index: number): Promise<void> => {
        for (let count = 0; count < 50; count++) {
          await new Promise<void>((resolve) => {
            timers[index]?.after(random.between(0, 5), resolve);
          });
          timers[(index + 1) % 3]?.endOfTurn(() => rounds++);
        }
      };
      await world.settle(Promise.all([round(0), round(1), round(2)]));
      return `${world.traceHash} ${world.eventCount} ${world.nowMs} ${rounds}`;
    };
    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });
});

describe('a simulated process', () => {
  test('a killed process does nothing more: its timers are gone, its promises never settle', async () => {
    const world = scheduler();
    const process = new SimProcess(world, { name: 'node' });
    const life = process.start();
    const timers = new SimTimers(life, new SimRandom('timers'));
    const ran: string[] = [];
    timers.after(5, () => ran.push('timer'));
    timers.endOfTurn(() => ran.push('turn'));
    process.kill();
    timers.after(1, () => ran.push('from the grave'));
    const again = new SimTimers(process.start(), new SimRandom('again'));
    again.after(5, () => ran.push('new life'));
    await world.run({});
    expect(ran).toEqual(['new life']);
    expect(life.alive).toBe(false);
  });

  test('what falls due in a pause happens after it: timers first, then messages, then the end of the poll', async () => {
    const world = scheduler();
    const process = new SimProcess(world, { name: 'node' });
    const life = process.start();
    const timers = new SimTimers(life, new SimRandom('timers'), { lateMsMax: 0 });
    const ran: string[] = [];
    life.after(3, 'io', () => ran.push('message 1'), { ordered: true });
    life.after(4, 'io', () => ran.push('message 2'), { ordered: true });
    timers.after(10, () => {
      ran.push(`deadline at ${Math.floor(world.nowMs)}`);
      timers.afterPoll(() => ran.push('judgement'));
    });
    process.stall(500);
    await world.run({});
    expect(ran).toEqual(['deadline at 500', 'message 1', 'message 2', 'judgement']);
  });

  test('a clock that runs fast fires timers early by true time, never by its own', async () => {
    const world = scheduler();
    const life = new SimProcess(world, { name: 'node', clockRate: 2, wallOffsetMs: 86_400_000 }).start();
    const clock = new SimClock(life);
    const trueTime = new SimClock(new SimProcess(world, { name: 'true' }).start());
    const firedMs = await world.settle(
      new Promise<number>((resolve) => {
        new SimTimers(life, new SimRandom('timers')).after(1_000, () => resolve(clock.nowMs()));
      }),
    );
    expect(firedMs).toBeGreaterThanOrEqual(1_000);
    expect(world.nowMs).toBeLessThan(505);
    expect(clock.wallMs() - trueTime.wallMs()).toBe(86_400_000);
  });
});
