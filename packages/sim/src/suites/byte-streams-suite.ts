import {
  type ByteListener,
  type ByteStream,
  type ByteStreamEvents,
  type ByteStreams,
  concatBytes,
  type RpcCloseReason,
  type Timers,
} from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { type SuiteWorld, within } from './suite-world.ts';

/** Two processes; the server listens on `address`, whose port is 0. */
export interface ByteStreamsWorld extends SuiteWorld {
  readonly server: ByteStreams;
  readonly client: ByteStreams;
  readonly address: string;
  readonly timers: Pick<Timers, 'after'>;
}

/** Far above what a stream and the system below it hold. */
const FLOOD_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;

/** What every {@link ByteStreams} does. */
export function byteStreamsSuite(name: string, make: () => Promise<ByteStreamsWorld>): void {
  describe(name, () => {
    describe('bytes', () => bytesSuite(make));
    describe('the end of a stream', () => endSuite(make));
    describe('flow control', () => flowSuite(make));
    describe('listening', () => listenSuite(make));
  });
}

/** One end under test: what it has heard so far. */
class Ear implements ByteStreamEvents {
  readonly chunks: Uint8Array[] = [];
  readies = 0;
  reasons: RpcCloseReason[] = [];
  #waiting: (() => void)[] = [];

  onBytes(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#wake();
  }

  onReady(): void {
    this.readies++;
    this.#wake();
  }

  onClose(reason: RpcCloseReason): void {
    this.reasons.push(reason);
    this.#wake();
  }

  get bytes(): Uint8Array {
    return concatBytes(this.chunks);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

interface Pair {
  readonly listener: ByteListener;
  readonly client: ByteStream;
  readonly atClient: Ear;
  readonly server: ByteStream;
  readonly atServer: Ear;
}

async function pair(world: ByteStreamsWorld): Promise<Pair> {
  const atServer = new Ear();
  const atClient = new Ear();
  let accepted: (stream: ByteStream) => void = () => undefined;
  const server = new Promise<ByteStream>((resolve) => {
    accepted = resolve;
  });
  const listener = await world.server.listen({
    address: world.address,
    open: (stream) => {
      accepted(stream);
      return atServer;
    },
  });
  const client = world.client.connect(listener.address, atClient);
  return { listener, client, atClient, server: await server, atServer };
}

function numbered(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 31) % 251);
}

function bytesSuite(make: () => Promise<ByteStreamsWorld>): void {
  test('bytes come in order in both directions, whatever was written at once', () =>
    within(make, async (world) => {
      const { listener, client, server, atClient, atServer } = await pair(world);
      const question = numbered(300_000);
      const answer = numbered(70_000);
      client.write([question.subarray(0, 5), question.subarray(5, 5), question.subarray(5, 100_000)]);
      client.write([question.subarray(100_000)]);
      server.write([answer]);
      await atServer.until(() => atServer.bytes.length === question.length);
      await atClient.until(() => atClient.bytes.length === answer.length);
      expect(atServer.bytes).toEqual(question);
      expect(atClient.bytes).toEqual(answer);
      expect(server.peer).not.toBe('');
      client.end();
      await listener.close({ graceMs: 1000 });
    }));

  test('what is written before the connection stands is sent when it does', () =>
    within(make, async (world) => {
      const atServer = new Ear();
      const listener = await world.server.listen({ address: world.address, open: () => atServer });
      const client = world.client.connect(listener.address, new Ear());
      client.write([numbered(10)]);
      await atServer.until(() => atServer.bytes.length === 10);
      client.end();
      await listener.close({ graceMs: 1000 });
    }));
}

function endSuite(make: () => Promise<ByteStreamsWorld>): void {
  test.each(['client', 'server'] as const)(
    'what the %s wrote before it ended the stream arrives, then both hear of it',
    (who) =>
      within(make, async (world) => {
        const both = await pair(world);
        const other = who === 'client' ? both.atServer : both.atClient;
        both[who].write([numbered(50_000)]);
        both[who].end();
        both[who].write([numbered(1)]);
        await other.until(() => other.reasons.length > 0);
        expect(other.bytes).toEqual(numbered(50_000));
        const own = who === 'client' ? both.atClient : both.atServer;
        await own.until(() => own.reasons.length > 0);
        expect([own.reasons, other.reasons].map((reasons) => reasons.map(({ code }) => code))).toEqual([
          ['ended'],
          ['ended'],
        ]);
        await both.listener.close({ graceMs: 1000 });
      }),
  );

  test('a stream that is destroyed closes on both sides, and hears nothing more', () =>
    within(make, async (world) => {
      const { listener, client, server, atClient, atServer } = await pair(world);
      server.write([numbered(10)]);
      client.destroy();
      await atClient.until(() => atClient.reasons.length > 0);
      await atServer.until(() => atServer.reasons.length > 0);
      expect(atClient.reasons.map(({ code }) => code)).toEqual(['ended']);
      expect(atClient.chunks).toEqual([]);
      expect(server.ready()).toBe(false);
      expect(server.write([numbered(1)])).toBe(false);
      await listener.close({ graceMs: 1000 });
    }));

  test('where nobody listens a connection is refused', () =>
    within(make, async (world) => {
      const listener = await world.server.listen({ address: world.address, open: () => new Ear() });
      await listener.close({ graceMs: 0 });
      const ear = new Ear();
      world.client.connect(listener.address, ear);
      await ear.until(() => ear.reasons.length > 0);
      expect(ear.reasons[0]?.code).toBe('refused');
    }));
}

function flowSuite(make: () => Promise<ByteStreamsWorld>): void {
  test('a reader that pauses holds the writer back, and loses nothing', () =>
    within(make, async (world) => {
      const { listener, client, server, atClient, atServer } = await pair(world);
      server.pause();
      let written = 0;
      while (client.write([new Uint8Array(BLOCK_BYTES)])) {
        written += BLOCK_BYTES;
        expect(written).toBeLessThan(FLOOD_BYTES);
        await new Promise<void>((resolve) => world.timers.after(1, resolve));
      }
      written += BLOCK_BYTES;
      expect(client.ready()).toBe(false);
      expect(atServer.bytes.length).toBeLessThan(written);
      server.resume();
      await atClient.until(() => atClient.readies > 0);
      expect(client.ready()).toBe(true);
      await atServer.until(() => atServer.chunks.reduce((sum, chunk) => sum + chunk.length, 0) === written);
      client.end();
      await listener.close({ graceMs: 1000 });
    }));
}

function listenSuite(make: () => Promise<ByteStreamsWorld>): void {
  test('an address in use is a clear error, and free again after the close', () =>
    within(make, async (world) => {
      const { listener, client, atClient } = await pair(world);
      const again = world.server.listen({ address: listener.address, open: () => new Ear() });
      await expect(again).rejects.toMatchObject({ name: 'ListenError', code: 'EADDRINUSE', address: listener.address });
      await listener.close({ graceMs: 10 });
      await atClient.until(() => atClient.reasons.length > 0);
      expect(client.ready()).toBe(false);
      const next = await world.server.listen({ address: listener.address, open: () => new Ear() });
      expect(next.address).toBe(listener.address);
      await next.close({ graceMs: 0 });
    }));
}
