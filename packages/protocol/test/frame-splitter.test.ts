import { Buffer } from 'node:buffer';
import { concatBytes, MalformedBytesError, utf8Encode } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSplitter } from '../src/index.ts';
import { hexToBytes } from './support/messages.ts';

const MAX = 1000;

function framed(frame: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setInt32(0, frame.length);
  return concatBytes([size, frame]);
}

/** All frames that the chunks make, taken out after each chunk. */
function split(chunks: readonly Uint8Array[], frameBytesMax = MAX): Uint8Array[] {
  const splitter = new FrameSplitter(frameBytesMax);
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) {
    splitter.append(chunk);
    frames.push(...take(splitter));
  }
  expect(splitter.heldBytes).toBe(0);
  return frames;
}

function take(splitter: FrameSplitter): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) frames.push(frame);
  return frames;
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

function plain(frames: readonly Uint8Array[]): number[][] {
  return frames.map((frame) => [...frame]);
}

describe('frames', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  const places = fc.array(fc.nat(), { maxLength: 20 });

  test('come out the same however the network cuts their bytes', () => {
    fc.assert(
      fc.property(frames, places, (wanted, where) => {
        expect(plain(split(cut(concatBytes(wanted.map(framed)), where)))).toEqual(plain(wanted));
      }),
    );
  });

  test('come out the same when nobody takes any until all bytes have come', () => {
    fc.assert(
      fc.property(frames, places, (wanted, where) => {
        const splitter = new FrameSplitter(MAX);
        for (const chunk of cut(concatBytes(wanted.map(framed)), where)) splitter.append(chunk);
        expect(plain(take(splitter))).toEqual(plain(wanted));
      }),
    );
  });

  test('come out before the fault behind them, and nothing does after it', () => {
    fc.assert(
      fc.property(frames, places, fc.integer({ min: -(2 ** 31), max: -1 }), (wanted, where, size) => {
        const fault = new Uint8Array(4);
        new DataView(fault.buffer).setInt32(0, size);
        const splitter = new FrameSplitter(MAX);
        for (const chunk of cut(concatBytes([...wanted.map(framed), fault]), where)) splitter.append(chunk);
        for (const frame of wanted) expect([...(splitter.next() ?? [])]).toEqual([...frame]);
        expect(() => splitter.next()).toThrow(MalformedBytesError);
        splitter.append(framed(Uint8Array.of(1)));
        expect(() => splitter.next()).toThrow(MalformedBytesError);
      }),
    );
  });

  test('that lie in one chunk are views of it, the others copies that stay as they are', () => {
    const [first, second] = [framed(Uint8Array.of(1, 2, 3)), framed(Uint8Array.of(4, 5, 6))];
    const chunk = concatBytes([first, second.subarray(0, 5)]);
    const splitter = new FrameSplitter(MAX);
    splitter.append(chunk);
    expect(splitter.next()?.buffer).toBe(chunk.buffer);
    expect(splitter.next()).toBeUndefined();
    splitter.append(second.slice(5));
    const copied = splitter.next();
    splitter.append(framed(new Uint8Array(50).fill(9)).slice(0, 20));
    expect(splitter.next()).toBeUndefined();
    expect([...(copied ?? [])]).toEqual([4, 5, 6]);
  });
});

test('what comes out of the bytes of a Buffer is no Buffer, whose slice would be a view', () => {
  const splitter = new FrameSplitter(MAX);
  splitter.append(Buffer.from(framed(Uint8Array.of(1, 2, 3))));
  expect(Buffer.isBuffer(splitter.next())).toBe(false);
});

describe('memory', () => {
  test('is not spent on what a peer merely announces', () => {
    const splitter = new FrameSplitter(2 ** 30);
    splitter.append(hexToBytes('3fffffff 00'));
    expect(splitter.next()).toBeUndefined();
    expect(splitter.heldBytes).toBe(5);
  });

  test('a frame of a megabyte in chunks of every size comes out whole', () => {
    const frame = Uint8Array.from({ length: 2 ** 20 }, (_, index) => index % 251);
    const bytes = framed(frame);
    for (const size of [1000, 65_536, 700_000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.slice(index * size, (index + 1) * size),
      );
      const [whole, ...rest] = split(chunks, 2 ** 20);
      expect(rest).toEqual([]);
      expect(whole?.length).toBe(frame.length);
      expect(whole?.every((byte, index) => byte === frame[index])).toBe(true);
    }
  });
});

describe('a size that no frame has', () => {
  const openings: readonly (readonly [string, Uint8Array, string])[] = [
    ['is negative', hexToBytes('ffffffff'), 'a frame of -1 bytes, 1000 may be'],
    ['is one too large', hexToBytes('000003e9'), 'a frame of 1001 bytes, 1000 may be'],
    ['is HTTP', utf8Encode('GET / HTTP/1.1'), 'an HTTP request, and only the Kafka protocol is spoken here'],
    ['is HTTP/2', utf8Encode('PRI * HTTP/2.0'), 'an HTTP/2 connection'],
    ['is TLS', hexToBytes('1603010200010001fc0303'), 'a TLS connection'],
    ['is SSH', utf8Encode('SSH-2.0-OpenSSH_9.6'), 'an SSH connection'],
  ];
  for (const [what, bytes, message] of openings) {
    test(`${what} and is refused as such`, () => {
      const splitter = new FrameSplitter(MAX);
      splitter.append(bytes);
      expect(() => splitter.next()).toThrow(MalformedBytesError);
      expect(() => splitter.next()).toThrow(message);
    });
  }

  test('may be one for a peer that has authenticated itself', () => {
    const splitter = new FrameSplitter(2);
    splitter.append(framed(Uint8Array.of(1, 2)));
    expect(splitter.next()?.length).toBe(2);
    splitter.frameBytesMax = 3;
    splitter.append(framed(Uint8Array.of(1, 2, 3)));
    expect(splitter.next()?.length).toBe(3);
  });
});
