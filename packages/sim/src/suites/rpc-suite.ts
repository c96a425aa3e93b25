import {
  type ErrorCode,
  type ListenError,
  RequestError,
  type RpcContext,
  type StreamMethod,
  streamHandler,
  unaryHandler,
  utf8Encode,
} from '@moldau/base';
import { describe, expect, test } from 'vitest';
import {
  ASK,
  abortable,
  BLOCK,
  BLOCKS_UNDER_WAY_MAX,
  Ear,
  end,
  failure,
  fill,
  later,
  PATIENCE,
  type RpcWorld,
  serve,
  serveOne,
  TALK,
  type Toy,
  toyCodec,
  UNKNOWN_ASK,
  UNKNOWN_TALK,
} from './rpc-toys.ts';
import { within } from './suite-world.ts';

/** What every {@link Rpc} does. */
export function rpcSuite(name: string, make: () => Promise<RpcWorld>): void {
  describe(name, () => {
    describe('calls', () => answerSuite(make));
    describe('calls that fail', () => failedCallSuite(make));
    describe('streams', () => streamSuite(make));
    describe('closing a stream', () => closeSuite(make));
    describe('streams that are not closed by their owner', () => lossSuite(make));
    describe('flow control', () => flowSuite(make));
    describe('connections', () => connectionSuite(make));
  });
}

function answerSuite(make: () => Promise<RpcWorld>): void {
  test('a call brings the answer, and the handler knows its caller', () =>
    within(make, async (world) => {
      let seen: RpcContext | undefined;
      const handler = unaryHandler(ASK, async (request, context) => {
        seen = context;
        return { text: `${request.text}, yes` };
      });
      const served = await serve(world, [handler]);
      expect(await served.channel.call(ASK, { text: 'is it' }, PATIENCE)).toEqual({ text: 'is it, yes' });
      expect(seen).toMatchObject({ principal: 'anonymous', clientId: 'tester ě', listener: 'toys' });
      expect(seen?.peer).not.toBe('');
      expect(Number.isFinite(seen?.deadlineMs)).toBe(true);
      await end(served);
    }));

  test('a request error of the handler reaches the caller as it was', () =>
    within(make, async (world) => {
      const refuse = async (request: Toy): Promise<Toy> => {
        throw new RequestError(request.text as ErrorCode, 'topic "ž%20" does not exist: create it first \ud800');
      };
      const served = await serve(world, [unaryHandler(ASK, refuse)]);
      for (const code of ['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_CONTROLLER'] as const) {
        const error: unknown = await served.channel
          .call(ASK, { text: code }, PATIENCE)
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RequestError);
        expect(error).toMatchObject({
          code,
          message: expect.stringMatching(/^topic "ž%20" does not exist: create it first/),
        });
      }
      await end(served);
    }));
}

function failedCallSuite(make: () => Promise<RpcWorld>): void {
  test('any other error of the handler is failed, and its text stays at home', () =>
    within(make, async (world) => {
      const fail = async (): Promise<Toy> => {
        throw new Error('the password is hunter2');
      };
      const served = await serve(world, [unaryHandler(ASK, fail)]);
      const error = await failure(served.channel.call(ASK, { text: '' }, PATIENCE));
      expect(error.code).toBe('failed');
      expect(error.message).not.toContain('hunter2');
      await end(served);
    }));

  test('a method that nobody serves is unimplemented', () =>
    within(make, async (world) => {
      const served = await serve(world, []);
      expect((await failure(served.channel.call(UNKNOWN_ASK, { text: '' }, PATIENCE))).code).toBe('unimplemented');
      await end(served);
    }));

  test('a handler that does not answer in time: the caller gets deadline, the handler an abort', () =>
    within(make, async (world) => {
      let aborted: Promise<void> = Promise.resolve();
      const handler = unaryHandler(ASK, (_, context) => {
        aborted = new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        return new Promise<Toy>(() => undefined);
      });
      const served = await serve(world, [handler]);
      expect((await failure(served.channel.call(ASK, { text: '' }, { timeoutMs: 60 }))).code).toBe('deadline');
      await aborted;
      await end(served);
    }));

  test('a call that its caller gives up is cancelled on both sides', () =>
    within(make, async (world) => {
      const controller = abortable();
      let aborted: Promise<void> = Promise.resolve();
      const handler = unaryHandler(ASK, (_, context) => {
        aborted = new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        controller.abort();
        return new Promise<Toy>(() => undefined);
      });
      const served = await serve(world, [handler]);
      const call = served.channel.call(ASK, { text: '' }, { ...PATIENCE, signal: controller });
      expect((await failure(call)).code).toBe('cancelled');
      await aborted;
      expect((await failure(served.channel.call(ASK, { text: '' }, { ...PATIENCE, signal: controller }))).code).toBe(
        'cancelled',
      );
      await end(served);
    }));

  test('where nobody listens a call is refused', () =>
    within(make, async (world) => {
      const served = await serve(world, []);
      await served.listener.close({ graceMs: 0 });
      // This channel has not dialled yet: nothing was lost that a call could have gone out on.
      expect((await failure(served.channel.call(ASK, { text: '' }, PATIENCE))).code).toBe('refused');
      served.channel.close();
    }));
}

function streamSuite(make: () => Promise<RpcWorld>): void {
  test('messages come whole and in order, in both directions', () =>
    within(make, async (world) => {
      const echo = streamHandler(TALK, (stream) => new Ear((message) => stream.send({ text: `${message.text}!` })));
      const served = await serve(world, [echo]);
      const ear = new Ear();
      const stream = served.channel.open(TALK, ear);
      const texts = Array.from({ length: 500 }, (_, index) => `${index}`);
      for (const text of texts) stream.send({ text });
      await ear.until(() => ear.heard.length === texts.length);
      expect(ear.heard).toEqual(texts.map((text) => `${text}!`));
      await end(served);
    }));

  test('messages may be empty, and larger than any window', () =>
    within(make, async (world) => {
      const ear = new Ear();
      const served = await serveOne(world, ear);
      const large = BLOCK.repeat(48);
      const stream = served.channel.open(TALK, new Ear());
      stream.send({ text: '' });
      stream.send({ text: large });
      await ear.until(() => ear.heard.length === 2);
      expect(ear.heard[0]).toBe('');
      expect(ear.heard[1] === large).toBe(true);
      await end(served);
    }));

  test('a message that cannot be read, or a handler that throws, ends the stream as failed', () =>
    within(make, async (world) => {
      const throwing = streamHandler(TALK, () => {
        return new Ear(() => {
          throw new Error('the password is hunter2');
        });
      });
      const served = await serve(world, [throwing]);
      const garbled: StreamMethod<Toy, Toy> = { ...TALK, request: { ...toyCodec, encode: () => utf8Encode('{') } };
      for (const method of [TALK, garbled]) {
        const ear = new Ear();
        served.channel.open(method, ear).send({ text: 'a' });
        const reason = await ear.closed();
        expect(reason.code).toBe('failed');
        expect(reason.message).not.toContain('hunter2');
      }
      await end(served);
    }));
}

function closeSuite(make: () => Promise<RpcWorld>): void {
  test('the caller closes: all that was sent arrives, then both sides hear of the end once', () =>
    within(make, async (world) => {
      const serverEar = new Ear();
      const clientEar = new Ear();
      const served = await serveOne(world, serverEar);
      const stream = served.channel.open(TALK, clientEar);
      for (const text of ['a', 'b', 'c']) stream.send({ text });
      stream.close();
      stream.close();
      expect(stream.send({ text: 'late' })).toBe(false);
      expect((await serverEar.closed()).code).toBe('ended');
      expect((await clientEar.closed()).code).toBe('ended');
      expect(serverEar.heard).toEqual(['a', 'b', 'c']);
      await end(served);
      expect([serverEar.closes.length, clientEar.closes.length]).toEqual([1, 1]);
    }));

  test('the server closes: all that was sent arrives, then both sides hear of the end once', () =>
    within(make, async (world) => {
      const serverEar = new Ear();
      const clientEar = new Ear();
      const served = await serveOne(world, serverEar);
      served.channel.open(TALK, clientEar).send({ text: 'hello' });
      const stream = await served.accepted;
      for (const text of ['a', 'b', 'c']) stream.send({ text });
      stream.close();
      expect(stream.send({ text: 'late' })).toBe(false);
      expect((await clientEar.closed()).code).toBe('ended');
      expect((await serverEar.closed()).code).toBe('ended');
      expect(clientEar.heard).toEqual(['a', 'b', 'c']);
      await end(served);
      expect([serverEar.closes.length, clientEar.closes.length]).toEqual([1, 1]);
    }));

  test('a reader that is paused when its stream ends cleanly still gets every message, and then the end', () =>
    within(make, async (world) => {
      // Fewer, and more, than the messages that a transport reads ahead.
      for (const count of [10, 40]) {
        const clientEar = new Ear();
        const served = await serveOne(world, new Ear());
        const caller = served.channel.open(TALK, clientEar);
        caller.send({ text: 'hello' });
        const stream = await served.accepted;
        caller.pause();
        const texts = Array.from({ length: count }, (_, index) => `${index}`);
        for (const text of texts) stream.send({ text });
        stream.close();
        await later(world.timers, 50);
        expect([clientEar.heard, clientEar.closes]).toEqual([[], []]);
        caller.resume();
        expect((await clientEar.closed()).code).toBe('ended');
        expect(clientEar.heard).toEqual(texts);
        await end(served);
      }
    }));

  test('a reason reaches the other side, whoever closes, behind what was sent', () =>
    within(make, async (world) => {
      const reason = { code: 'overloaded', message: 'too many žluťoučký kůň' } as const;
      for (const closer of ['caller', 'server'] as const) {
        const serverEar = new Ear();
        const clientEar = new Ear();
        const served = await serveOne(world, serverEar);
        const caller = served.channel.open(TALK, clientEar);
        caller.send({ text: 'hello' });
        const stream = closer === 'caller' ? caller : await served.accepted;
        for (let count = 0; count < 20; count++) stream.send({ text: `${count}` });
        stream.close(reason);
        const other = closer === 'caller' ? serverEar : clientEar;
        expect(await other.closed()).toEqual(reason);
        expect(other.heard.filter((text) => text !== 'hello')).toHaveLength(20);
        expect(await (closer === 'caller' ? clientEar : serverEar).closed()).toEqual(reason);
        await end(served);
      }
    }));
}

function lossSuite(make: () => Promise<RpcWorld>): void {
  test('a stream that cannot be opened closes with the reason, never within the call', () =>
    within(make, async (world) => {
      const served = await serve(world, []);
      const unknown = new Ear();
      served.channel.open(UNKNOWN_TALK, unknown).send({ text: 'a' });
      expect(unknown.closes).toEqual([]);
      expect((await unknown.closed()).code).toBe('unimplemented');
      await end(served);
      const channel = world.client.connect(served.listener.address, { purpose: 'test', clientId: 'tester' });
      const refused = new Ear();
      channel.open(TALK, refused).send({ text: 'a' });
      expect(refused.closes).toEqual([]);
      expect((await refused.closed()).code).toBe('refused');
      channel.close();
    }));

  test('closing the channel cancels here and breaks there, and nothing opens any more', () =>
    within(make, async (world) => {
      const serverEar = new Ear();
      const served = await serveOne(world, serverEar);
      const clientEar = new Ear();
      served.channel.open(TALK, clientEar).send({ text: 'a' });
      await served.accepted;
      served.channel.close();
      expect((await clientEar.closed()).code).toBe('cancelled');
      expect((await serverEar.closed()).code).toBe('broken');
      expect((await failure(served.channel.call(ASK, { text: '' }, PATIENCE))).code).toBe('cancelled');
      const late = new Ear();
      served.channel.open(TALK, late);
      expect((await late.closed()).code).toBe('cancelled');
      await served.listener.close({ graceMs: 0 });
    }));
}

function flowSuite(make: () => Promise<RpcWorld>): void {
  test('a reader that pauses holds the sender back; when it resumes, everything arrives', () =>
    within(make, async (world) => {
      for (const sender of ['caller', 'server'] as const) {
        const serverEar = new Ear();
        const clientEar = new Ear();
        const served = await serveOne(world, serverEar);
        const caller = served.channel.open(TALK, clientEar);
        caller.send({ text: 'hello' });
        const server = await served.accepted;
        const [from, to] = sender === 'caller' ? [caller, server] : [server, caller];
        const [fromEar, toEar] = sender === 'caller' ? [clientEar, serverEar] : [serverEar, clientEar];
        to.pause();
        const sent = await fill(world, from, fromEar);
        expect(sent).toBeLessThan(BLOCKS_UNDER_WAY_MAX);
        const readyBefore = fromEar.readyCount;
        to.resume();
        await fromEar.until(() => fromEar.readyCount > readyBefore);
        expect(from.ready()).toBe(true);
        await toEar.until(() => toEar.heard.filter((text) => text === BLOCK).length === sent);
        await end(served);
      }
    }));

  test('a paused reader still hears at once that the connection is gone', () =>
    within(make, async (world) => {
      const served = await serveOne(world, new Ear());
      const ear = new Ear();
      const stream = served.channel.open(TALK, ear);
      stream.send({ text: 'hello' });
      await served.accepted;
      stream.pause();
      await served.listener.close({ graceMs: 0 });
      expect((await ear.closed()).code).toBe('broken');
      served.channel.close();
    }));
}

function connectionSuite(make: () => Promise<RpcWorld>): void {
  test('a listener that closes lets calls finish within its grace, then breaks what is open', () =>
    within(make, async (world) => {
      let arrive: () => void = () => undefined;
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const slow = unaryHandler(ASK, (request) => {
        arrive();
        return later(world.timers, 30).then(() => request);
      });
      const talk = streamHandler(TALK, () => new Ear());
      const served = await serve(world, [slow, talk]);
      const ear = new Ear();
      served.channel.open(TALK, ear).send({ text: 'a' });
      const call = served.channel.call(ASK, { text: 'slow' }, PATIENCE);
      await arrived;
      const closed = served.listener.close({ graceMs: 200 });
      expect(await call).toEqual({ text: 'slow' });
      await closed;
      expect((await ear.closed()).code).toBe('broken');
      served.channel.close();
    }));

  test('a channel finds a server that has come back at the same address', () =>
    within(make, async (world) => {
      const echo = unaryHandler(ASK, async (request) => request);
      const served = await serve(world, [echo]);
      await served.channel.call(ASK, { text: 'before' }, PATIENCE);
      await served.listener.close({ graceMs: 0 });
      // The first call may still go out on the connection that is being lost.
      const down = async (): Promise<string> =>
        (await failure(served.channel.call(ASK, { text: 'down' }, PATIENCE))).code;
      expect(['broken', 'refused']).toContain(await down());
      await later(world.timers, 10);
      expect(await down()).toBe('refused');
      const again = await world.server.listen({ address: served.listener.address, listener: 'toys', handlers: [echo] });
      const ask = (): Promise<Toy> =>
        served.channel.call(ASK, { text: 'after' }, PATIENCE).catch(() => later(world.timers, 10).then(ask));
      expect(await ask()).toEqual({ text: 'after' });
      await end({ listener: again, channel: served.channel });
    }));

  test('an address is listened on once', () =>
    within(make, async (world) => {
      const served = await serve(world, []);
      const again = world.server.listen({ address: served.listener.address, listener: 'other', handlers: [] });
      const error = (await again.catch((reason: unknown) => reason)) as ListenError;
      expect(error).toMatchObject({ name: 'ListenError', code: 'EADDRINUSE', address: served.listener.address });
      expect(error.message).toContain(served.listener.address);
      await end(served);
    }));

  test('a probe tells a listener from nobody', () =>
    within(make, async (world) => {
      const served = await serve(world, []);
      const { address } = served.listener;
      expect(await world.client.probe(address, { timeoutMs: 5_000 })).toBe('accepted');
      await end(served);
      expect(await world.client.probe(address, { timeoutMs: 5_000 })).toBe('refused');
    }));
}
