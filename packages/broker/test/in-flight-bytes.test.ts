import { expect, test } from 'vitest';
import { InFlightBytes } from '../src/requests/in-flight-bytes.ts';

class Stream {
  paused = false;
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

test('a connection that sends too much is paused until enough is answered', () => {
  const inFlight = new InFlightBytes({ connection: 100, broker: 1000 });
  const stream = new Stream();
  const connection = inFlight.open(stream);
  connection.add(100);
  expect(stream.paused).toBe(false);
  connection.add(1);
  expect(stream.paused).toBe(true);
  connection.remove(1);
  expect(stream.paused).toBe(false);
});

test('many connections together are bounded too, and all go on when half is free', () => {
  const inFlight = new InFlightBytes({ connection: 100, broker: 150 });
  const streams = [new Stream(), new Stream()];
  const connections = streams.map((stream) => inFlight.open(stream));
  for (const connection of connections) connection.add(90);
  expect(streams.map((stream) => stream.paused)).toEqual([false, true]);
  connections[0]?.remove(90);
  expect(streams[1]?.paused).toBe(true);
  connections[1]?.remove(30);
  expect(streams[1]?.paused).toBe(false);
  expect(inFlight.bytes).toBe(60);
});

test('a connection that is gone is not resumed, and its bytes leave as they are answered', () => {
  const inFlight = new InFlightBytes({ connection: 100, broker: 1000 });
  const stream = new Stream();
  const connection = inFlight.open(stream);
  connection.add(200);
  connection.close();
  connection.remove(200);
  expect(stream.paused).toBe(true);
  expect(inFlight.bytes).toBe(0);
});

test('a connection paused for itself goes on when it has room, however much others send', () => {
  const inFlight = new InFlightBytes({ connection: 100, broker: 200 });
  const streams = [new Stream(), new Stream()];
  const [own, other] = streams.map((stream) => inFlight.open(stream));
  other?.add(80);
  own?.add(110);
  expect(streams.map((stream) => stream.paused)).toEqual([true, false]);
  own?.remove(20);
  expect(streams.map((stream) => stream.paused)).toEqual([false, false]);
});

test('a connection that has room while all send too much waits for all', () => {
  const inFlight = new InFlightBytes({ connection: 100, broker: 200 });
  const streams = [new Stream(), new Stream(), new Stream()];
  const [own, other, third] = streams.map((stream) => inFlight.open(stream));
  own?.add(150);
  other?.add(90);
  third?.add(80);
  own?.remove(60);
  expect(inFlight.bytes).toBe(260);
  expect(streams.map((stream) => stream.paused)).toEqual([true, true, true]);
  other?.remove(90);
  expect(streams.map((stream) => stream.paused)).toEqual([true, true, true]);
  third?.remove(70);
  expect(streams.map((stream) => stream.paused)).toEqual([false, false, false]);
});
