import {
  LogRing,
  openSimStore,
  Scheduler,
  SimClock,
  SimDisk,
  SimLogger,
  SimNetwork,
  SimProcess,
  SimRandom,
  SimTimers,
} from '../../src/index.ts';
import type {
  ByteStreamsWorld,
  DiskWorld,
  LoggerWorld,
  RpcWorld,
  StoreWorld,
  TimersWorld,
} from '../../src/suites/index.ts';

export interface Machine {
  readonly scheduler: Scheduler;
  readonly random: SimRandom;
  readonly disk: SimDisk;
  readonly process: SimProcess;
}

export function machine(seed: string | number): Machine {
  const random = new SimRandom(seed);
  const scheduler = new Scheduler(random.fork('scheduler'));
  const disk = new SimDisk(random.fork('disk'));
  return { scheduler, random, disk, process: new SimProcess(scheduler, { name: 'node' }) };
}

export async function diskWorld(): Promise<DiskWorld> {
  const { scheduler, disk, process } = machine('disk suite');
  const other = new SimProcess(scheduler, { name: 'other' });
  const world = {
    disk: disk.mount(process.start()),
    otherProcess: disk.mount(other.start()),
    directory: '/data',
    run: <T>(body: () => Promise<T>) => scheduler.settle(body()),
    end: () => Promise.resolve(),
  };
  await scheduler.settle(world.disk.makeDirectory('/data'));
  return world;
}

export async function storeWorld(): Promise<StoreWorld> {
  const { scheduler, disk, process } = machine('store suite');
  const life = process.start();
  return {
    open: () => openSimStore(disk, life, '/data/store'),
    run: (body) => scheduler.settle(body()),
    end: () => Promise.resolve(),
  };
}

export async function timersWorld(): Promise<TimersWorld> {
  const { scheduler, random } = machine('timers suite');
  const life = new SimProcess(scheduler, { name: 'node', clockRate: 1.0002 }).start();
  return {
    clock: new SimClock(life),
    timers: new SimTimers(life, random.fork('timers')),
    run: (body) => scheduler.settle(body()),
    end: () => Promise.resolve(),
  };
}

export function loggerWorld(): LoggerWorld {
  const ring = new LogRing(machine('logger suite').scheduler);
  return {
    logger: new SimLogger(ring, 'node'),
    events: () => ring.events().map(({ level, event, fields }) => ({ level, event, fields })),
  };
}

export async function rpcWorld(): Promise<RpcWorld> {
  const { scheduler, random } = machine('rpc suite');
  const network = new SimNetwork(scheduler, random.fork('network'));
  const ring = new LogRing(scheduler);
  const start = (host: string) => {
    const life = new SimProcess(scheduler, { name: host }).start();
    return { life, rpc: network.join(life, host, new SimLogger(ring, host)) };
  };
  const server = start('server');
  const client = start('client');
  return {
    server: server.rpc,
    client: client.rpc,
    address: 'server:0',
    timers: new SimTimers(client.life, random.fork('timers')),
    run: (body) => scheduler.settle(body()),
    end: () => Promise.resolve(),
  };
}

export async function byteStreamsWorld(): Promise<ByteStreamsWorld> {
  const { scheduler, random } = machine('byte streams suite');
  const network = new SimNetwork(scheduler, random.fork('network'));
  const [server, client] = ['server', 'client'].map((host) => {
    const life = new SimProcess(scheduler, { name: host }).start();
    return { life, streams: network.byteStreams(life, host) };
  });
  if (server === undefined || client === undefined) throw new Error('two processes');
  return {
    server: server.streams,
    client: client.streams,
    address: 'server:0',
    timers: new SimTimers(client.life, random.fork('timers')),
    run: (body) => scheduler.settle(body()),
    end: () => Promise.resolve(),
  };
}
