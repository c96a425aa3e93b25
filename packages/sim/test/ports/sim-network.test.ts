import {
  type Codec,
  InvariantError,
  type Rpc,
  type RpcChannel,
  type RpcCloseReason,
  type RpcStream,
  type StreamMethod,
  streamHandler,
  type UnaryMethod,
  unaryHandler,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import { describe, expect, test } from 'vitest';
import {
  type Life,
  LogRing,
  Scheduler,
  SimLogger,
  SimNetwork,
  SimProcess,
  SimRandom,
  SimTimers,
} from '../../src/index.ts';

const text: Codec<string> = { encode: utf8Encode, decode: utf8Decode };
const TALK: StreamMethod<string, string> = { kind: 'stream', path: '/moldau.Toy/Talk', request: text, response: text };
const ASK: UnaryMethod<string, string> = { kind: 'unary', path: '/moldau.Toy/Ask', request: text, response: text };
const ADDRESS = 'server:9000';

interface Side {
  readonly heard: string[];
  readonly closes: RpcCloseReason[];
  stream: RpcStream<string> | undefined;
}

class World {
  readonly random: SimRandom;
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly serverProcess: SimProcess;
  readonly clientProcess: SimProcess;
  readonly serverSide: Side = { heard: [], closes: [], stream: undefined };
  readonly clientSide: Side = { heard: [], closes: [], stream: undefined };
  readonly client: Rpc;
  readonly clientLife: Life;

  constructor(seed: string | number) {
    this.random = new SimRandom(seed);
    this.scheduler = new Scheduler(this.random.fork('scheduler'));
    this.network = new SimNetwork(this.scheduler, this.random.fork('network'));
    this.serverProcess = new SimProcess(this.scheduler, { name: 'server' });
    this.clientProcess = new SimProcess(this.scheduler, { name: 'client' });
    this.clientLife = this.clientProcess.start();
    this.client = this.network.join(this.clientLife, 'client', this.#logger('client'));
  }

  async startServer(): Promise<Life> {
    const life = this.serverProcess.start();
    const rpc = this.network.join(life, 'server', this.#logger('server'));
    const talk = streamHandler(TALK, (stream) => {
      this.serverSide.stream = stream;
      return this.#events(this.serverSide);
    });
    const ask = unaryHandler(ASK, async (request) => `${request}!`);
    await rpc.listen({ address: ADDRESS, listener: 'test', handlers: [talk, ask] });
    return life;
  }

  channel(): RpcChannel {
    return this.client.connect(ADDRESS, { purpose: 'test', clientId: 'client' });
  }

  talk(channel: RpcChannel = this.channel()): RpcStream<string> {
    const stream = channel.open(TALK, this.#events(this.clientSide));
    this.clientSide.stream = stream;
    return stream;
  }

  async runFor(durationMs: number): Promise<void> {
    await this.scheduler.run({ untilMs: this.scheduler.nowMs + durationMs });
  }

  #events(side: Side): { onMessage(text: string): void; onReady(): void; onClose(reason: RpcCloseReason): void } {
    return {
      onMessage: (message) => side.heard.push(message),
      onReady: () => undefined,
      onClose: (reason) => side.closes.push(reason),
    };
  }

  #logger(node: string): SimLogger {
    return new SimLogger(new LogRing(this.scheduler), node);
  }
}

async function standing(seed: string | number): Promise<World> {
  const world = new World(seed);
  await world.startServer();
  world.talk().send('hello');
  await world.runFor(10);
  expect(world.serverSide.heard).toEqual(['hello']);
  return world;
}

function codes({ closes }: Side): string[] {
  return closes.map(({ code }) => code);
}

describe('a partition', () => {
  test('delays what is sent until it is healed, and loses nothing', async () => {
    const world = await standing('heal');
    world.network.partition('client', 'server');
    for (const message of ['a', 'b', 'c']) world.clientSide.stream?.send(message);
    await world.runFor(5_000);
    expect(world.serverSide.heard).toEqual(['hello']);
    world.network.heal('client', 'server');
    world.clientSide.stream?.send('d');
    await world.runFor(1_000);
    expect(world.serverSide.heard).toEqual(['hello', 'a', 'b', 'c', 'd']);
    expect([...codes(world.clientSide), ...codes(world.serverSide)]).toEqual([]);
  });

  test('one way lets the other way through', async () => {
    const world = await standing('one way');
    world.network.partition('client', 'server', { oneWay: true });
    world.clientSide.stream?.send('lost in the cut');
    world.serverSide.stream?.send('heard');
    await world.runFor(1_000);
    expect(world.clientSide.heard).toEqual(['heard']);
    expect(world.serverSide.heard).toEqual(['hello']);
  });

  test('that lasts is given up by both sides, each for itself', async () => {
    const world = await standing('lasts');
    world.network.partition('client', 'server');
    await world.runFor(29_000);
    expect(codes(world.clientSide)).toEqual([]);
    await world.runFor(2_000);
    expect([codes(world.clientSide), codes(world.serverSide)]).toEqual([['broken'], ['broken']]);
  });

  test('that was healed in between is not given up', async () => {
    const world = await standing('twice');
    world.network.partition('client', 'server');
    await world.runFor(20_000);
    world.network.healAll();
    world.network.partition('client', 'server');
    await world.runFor(20_000);
    expect(codes(world.clientSide)).toEqual([]);
  });

  test('answers a probe and a new call with silence', async () => {
    const world = await standing('silent');
    world.network.partition('server', 'client', { oneWay: true });
    expect(await world.scheduler.settle(world.client.probe(ADDRESS, { timeoutMs: 300 }))).toBe('silent');
    const call = world.channel().call(ASK, 'a', { timeoutMs: 500 });
    await expect(world.scheduler.settle(call)).rejects.toMatchObject({ code: 'deadline' });
  });
});

describe('a lost connection', () => {
  test('loses a suffix of what was under way, and both sides hear of it once', async () => {
    const prefixes = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const world = await standing(seed);
      const sent = Array.from({ length: 8 }, (_, index) => `${index}`);
      for (const message of sent) world.clientSide.stream?.send(message);
      world.network.reset('server', 'client');
      await world.runFor(1_000);
      const heard = world.serverSide.heard.slice(1);
      expect(heard).toEqual(sent.slice(0, heard.length));
      expect([codes(world.clientSide), codes(world.serverSide)]).toEqual([['broken'], ['broken']]);
      prefixes.add(heard.length);
    }
    expect(prefixes.size).toBeGreaterThan(5);
  });

  test('may come by chance, and the next use dials again', async () => {
    const world = new World('chance');
    await world.startServer();
    world.network.setDefaultQuality({ resetProbability: 0.2 });
    const channel = world.channel();
    const outcomes = new Set<string>();
    for (let count = 0; count < 100; count++) {
      const call = channel.call(ASK, 'a', { timeoutMs: 1_000 });
      outcomes.add(await world.scheduler.settle(call.catch((error: { code: string }) => error.code)));
    }
    expect([...outcomes].sort()).toEqual(['a!', 'broken']);
  });
});

describe('the death of a process', () => {
  test('breaks its streams at once; its port proves nothing for a moment and then refuses', async () => {
    const results = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = await standing(seed);
      const killedMs = world.scheduler.nowMs;
      world.serverProcess.kill();
      await world.scheduler.run({ until: () => world.clientSide.closes.length > 0 });
      expect(world.scheduler.nowMs - killedMs).toBeLessThan(2);
      expect(codes(world.clientSide)).toEqual(['broken']);
      results.add(await world.scheduler.settle(world.client.probe(ADDRESS, { timeoutMs: 300 })));
      await world.runFor(25);
      expect(await world.scheduler.settle(world.client.probe(ADDRESS, { timeoutMs: 300 }))).toBe('refused');
      const call = world.channel().call(ASK, 'a', { timeoutMs: 1_000 });
      await expect(world.scheduler.settle(call)).rejects.toMatchObject({ code: 'refused' });
    }
    expect([...results].sort()).toEqual(['accepted', 'refused', 'silent']);
  });

  test('the next life listens at the same address at once, and hears nothing of the old one', async () => {
    const world = await standing('again');
    for (const message of ['a', 'b']) world.clientSide.stream?.send(message);
    world.serverProcess.kill();
    await world.startServer();
    world.talk().send('new');
    await world.runFor(100);
    expect(world.serverSide.heard.slice(1).filter((each) => each !== 'new')).toEqual([]);
    expect(world.serverSide.heard.at(-1)).toBe('new');
  });

  test('of the machine is silent', async () => {
    const world = await standing('down');
    world.network.setDown('server', true);
    world.serverProcess.kill();
    await world.runFor(1_000);
    expect(codes(world.clientSide)).toEqual([]);
    expect(await world.scheduler.settle(world.client.probe(ADDRESS, { timeoutMs: 300 }))).toBe('silent');
  });

  test('of the machine behind a cut is heard of when both are over', async () => {
    const world = await standing('down behind a cut');
    world.network.partition('server', 'client');
    world.serverProcess.kill();
    world.network.setDown('server', true);
    await world.runFor(100);
    world.network.heal('server', 'client');
    await world.runFor(1_000);
    expect(codes(world.clientSide)).toEqual([]);
    world.network.setDown('server', false);
    await world.runFor(1_000);
    expect(codes(world.clientSide)).toEqual(['broken']);
  });
});

test('a paused process accepts and says nothing; what came meanwhile it hears afterwards, in order', async () => {
  const world = await standing('paused');
  world.serverProcess.pause();
  for (const message of ['a', 'b', 'c']) world.clientSide.stream?.send(message);
  expect(await world.scheduler.settle(world.client.probe(ADDRESS, { timeoutMs: 300 }))).toBe('accepted');
  const call = world.channel().call(ASK, 'x', { timeoutMs: 500 });
  await expect(world.scheduler.settle(call)).rejects.toMatchObject({ code: 'deadline' });
  expect(world.serverSide.heard).toEqual(['hello']);
  world.serverProcess.resume();
  await world.runFor(100);
  expect(world.serverSide.heard).toEqual(['hello', 'a', 'b', 'c']);
});

test('after a stall, a deadline that decides after the poll sees the heartbeats that had arrived', async () => {
  const world = await standing('judge');
  const timers = new SimTimers(world.clientLife, world.random.fork('timers'), { lateMsMax: 0 });
  for (const beat of ['1', '2', '3']) world.serverSide.stream?.send(beat);
  let seenByTimer = -1;
  let seenAfterPoll = -1;
  timers.after(100, () => {
    seenByTimer = world.clientSide.heard.length;
    timers.afterPoll(() => {
      seenAfterPoll = world.clientSide.heard.length;
    });
  });
  world.clientProcess.stall(2_000);
  await world.runFor(3_000);
  expect([seenByTimer, seenAfterPoll]).toEqual([0, 3]);
});

test('a slow link takes the time that its bandwidth says, for all streams together', async () => {
  const world = await standing('slow');
  world.network.setQuality('client', 'server', { bytesPerMs: 10 });
  const startMs = world.scheduler.nowMs;
  world.clientSide.stream?.send('x'.repeat(5_000));
  world.talk().send('y'.repeat(5_000));
  await world.scheduler.run({ until: () => world.serverSide.heard.length === 3 });
  expect(world.scheduler.nowMs - startMs).toBeGreaterThan(1_000);
  expect(world.scheduler.nowMs - startMs).toBeLessThan(1_100);
});

test('order is kept within a stream, and not between streams', async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const world = new World(seed);
    await world.startServer();
    const channel = world.channel();
    const [first, second] = [world.talk(channel), world.talk(channel)];
    for (const index of [1, 2]) {
      first.send(`a${index}`);
      second.send(`b${index}`);
    }
    await world.runFor(100);
    const heard = world.serverSide.heard;
    expect(heard.indexOf('a1')).toBeLessThan(heard.indexOf('a2'));
    expect(heard.indexOf('b1')).toBeLessThan(heard.indexOf('b2'));
    orders.add(heard.join(' '));
  }
  expect(orders.size).toBeGreaterThan(3);
});

test('a broken invariant in a handler fails the run instead of the call or the stream', async () => {
  const world = new World('bug');
  const rpc = world.network.join(
    world.serverProcess.start(),
    'server',
    new SimLogger(new LogRing(world.scheduler), 'server'),
  );
  const broken = async (): Promise<string> => {
    throw new InvariantError('two leaders');
  };
  const talk = streamHandler(TALK, () => ({
    onMessage: () => {
      throw new InvariantError('two logs');
    },
    onReady: () => undefined,
    onClose: () => undefined,
  }));
  await rpc.listen({ address: ADDRESS, listener: 'test', handlers: [unaryHandler(ASK, broken), talk] });
  const call = world.channel().call(ASK, 'a', { timeoutMs: 1_000 });
  await expect(world.scheduler.settle(call)).rejects.toThrow('two leaders');
  world.talk().send('a');
  await expect(world.runFor(100)).rejects.toThrow('two logs');
});

test('a seed with every fault gives the same history each time', async () => {
  const history = async (seed: number): Promise<string> => {
    const world = new World(seed);
    await world.startServer();
    world.network.setDefaultQuality({ resetProbability: 0.01 });
    const faults = world.random.fork('faults');
    for (let round = 0; round < 60; round++) {
      const stream = world.talk();
      for (let count = 0; count < 5; count++) stream.send(`${round}.${count}`);
      const fault = faults.between(0, 5);
      if (fault < 1) world.network.partition('client', 'server', { oneWay: faults.chance(0.5) });
      else if (fault < 2) world.network.healAll();
      else if (fault < 3) world.serverProcess.stall(faults.between(0, 50));
      else if (fault < 4) world.serverProcess.kill();
      if (!world.serverProcess.running) await world.startServer();
      await world.runFor(faults.between(0, 20));
    }
    return `${world.scheduler.traceHash} ${world.scheduler.eventCount} ${world.serverSide.heard.join()} ${codes(world.clientSide).join()}`;
  };
  for (const seed of [1, 2, 3]) expect(await history(seed)).toBe(await history(seed));
  expect(await history(1)).not.toBe(await history(2));
});
