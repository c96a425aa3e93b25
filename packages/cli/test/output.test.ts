import type { Message } from '@moldau/client';
import { describe, expect, test } from 'vitest';
import { durationMs } from '../src/input/duration.ts';
import { lines } from '../src/input/lines.ts';
import { parseStartOffset } from '../src/input/start-offset.ts';
import { envelope } from '../src/output/json.ts';
import { Listing } from '../src/output/listing.ts';
import { type Done, Progress } from '../src/output/progress.ts';
import { recordFormat } from '../src/output/record-format.ts';
import { jsonRecord, recordOfJson } from '../src/output/record-json.ts';
import { Table } from '../src/output/table.ts';
import { Collector } from './scripted-cluster.ts';

const MESSAGE: Message = {
  topic: 't',
  partition: 1,
  offset: 7n,
  timestamp: 0,
  key: Buffer.from('k'),
  value: Buffer.from([0xff, 0x00]),
  headers: [
    { name: 'a', value: Buffer.from('1') },
    { name: 'b', value: null },
  ],
};

describe('table', () => {
  const columns = [
    { header: 'NAME', value: (item: { name: string; count: number }) => item.name },
    { header: 'COUNT', value: (item: { name: string; count: number }) => item.count, right: true },
  ];

  test('columns are aligned, nothing trails, and no cell is empty', () => {
    const table = new Table(columns, { headers: true });
    const text = table.rows([
      { name: 'orders', count: 5 },
      { name: '', count: 12345678 },
    ]);
    expect(text).toMatchInlineSnapshot(`
      "NAME       COUNT
      orders         5
      -       12345678
      "
    `);
  });

  test('without items there are headers; without headers there is nothing', () => {
    expect(new Table(columns, { headers: true }).rows([])).toBe('NAME  COUNT\n');
    expect(new Table(columns, { headers: false }).rows([])).toBe('');
  });

  test('more rows than a call takes arguments', () => {
    const items = Array.from({ length: 200_000 }, (_, count) => ({ name: 'n', count }));
    expect(new Table(columns, { headers: true }).rows(items).split('\n')).toHaveLength(200_002);
  });

  test('rows that come later keep to the columns', () => {
    const table = new Table(columns, { headers: true });
    table.rows([{ name: 'orders', count: 12345 }]);
    expect(table.rows([{ name: 'a', count: 1 }])).toBe('a           1\n');
  });
});

describe('json', () => {
  test('64-bit numbers are numbers while they are exact, then strings', () => {
    const items = [{ offset: 9007199254740991n }, { offset: 9007199254740993n }];
    expect(envelope('OffsetList', items)).toMatchInlineSnapshot(`
      "{
        "apiVersion": "v1",
        "kind": "OffsetList",
        "items": [
          {
            "offset": 9007199254740991
          },
          {
            "offset": "9007199254740993"
          }
        ],
        "errors": []
      }
      "
    `);
  });

  test.each([0, 1, 3])('a document of %d items in parts is the same document', async (count) => {
    const items = Array.from({ length: count }, (_, index) => ({ offset: BigInt(index), deep: { text: 'a\n"b"' } }));
    const errors = [{ code: 'A', message: 'm' }];
    const out = new Collector();
    const listing = new Listing(out, { kind: 'List', columns: [] }, { output: 'json', headers: true });
    for (const item of items) await listing.add([item]);
    await listing.end(errors);
    const whole = { apiVersion: 'v1', kind: 'List', items: items.map((item, offset) => ({ ...item, offset })), errors };
    expect(out.text).toBe(`${JSON.stringify(whole, undefined, 2)}\n`);
    expect(out.text).toBe(envelope('List', items, errors));
  });

  test('a record survives the way out and back in, also where it is not text', () => {
    const back = recordOfJson(JSON.stringify({ ...jsonRecord(MESSAGE), offset: 7 }));
    expect(back).toEqual({
      key: new Uint8Array([107]),
      value: new Uint8Array([255, 0]),
      headers: [
        { name: 'a', value: new Uint8Array([49]) },
        { name: 'b', value: null },
      ],
      timestamp: 0,
    });
  });

  test.each([
    ['not json', /not JSON/],
    ['{}', /no "value"/],
    ['{"value":5}', /"value" is text/],
    ['{"value":"x","headers":{}}', /"headers" is a list/],
    ['{"value":"x","headers":[{}]}', /a header has a "name"/],
    ['{"value":"x","timestamp":"now"}', /"timestamp"/],
  ])('the line %s is refused', (line, why) => {
    expect(() => recordOfJson(line)).toThrow(why);
  });
});

describe('record format', () => {
  test('verbs, escapes, and text as it stands; a value is written byte for byte', () => {
    const bytes = recordFormat('%t/%p@%o %k [%h] %d 100%%\\n')(MESSAGE);
    expect(Buffer.from(bytes).toString()).toBe('t/1@7 k [a=1,b=] 1970-01-01T00:00:00.000Z 100%\n');
    expect([...recordFormat('%v')(MESSAGE)]).toEqual([255, 0]);
  });

  test.each(['%x', '%'])('%j is refused, with the list of verbs', (format) => {
    expect(() => recordFormat(format)).toThrow(/format knows no/);
  });
});

describe('progress', () => {
  /** What is said when so much is done at these times, in ms. */
  function said(isTTY: boolean, steps: readonly (readonly [atMs: number, done: Done])[]): string {
    const stderr = Object.assign(new Collector(), { isTTY });
    let nowMs = 1_000;
    const progress = new Progress(stderr, 'record', () => nowMs);
    for (const [atMs, done] of steps) {
      nowMs = 1_000 + atMs;
      progress.update(done);
    }
    progress.erase();
    return stderr.text;
  }

  test('on a terminal a bar is drawn over itself and taken away; a short command draws none', () => {
    const text = said(true, [
      [400, { count: 1, share: 0.1 }],
      [1_000, { count: 1_500, share: 0.5 }],
      [1_050, { count: 1_600, share: 0.53 }],
    ]);
    expect(text).toBe('\r\u001b[K[############------------]  50 %, 1,500 records, 1,500/s, 1 s left\r\u001b[K');
  });

  test('elsewhere a line each 10 s, when there is news', () => {
    const text = said(false, [
      [9_999, { count: 5, share: undefined }],
      [10_000, { count: 2_000, share: undefined }],
      [12_000, { count: 3_000, share: undefined }],
      [20_000, { count: 2_000, share: undefined }],
      [30_000, { count: 6_000, share: 0.25 }],
    ]);
    expect(text).toBe('2,000 records, 200/s\n25 %, 6,000 records, 200/s, 90 s left\n');
  });
});

describe('what is typed', () => {
  test.each([
    ['start', { kind: 'start', plus: 0n }],
    ['end', { kind: 'end', minus: 0n }],
    ['47', { kind: 'offset', offset: 47n }],
    ['+2', { kind: 'start', plus: 2n }],
    ['-3', { kind: 'end', minus: 3n }],
    ['@1700000000000', { kind: 'time', timestamp: 1_700_000_000_000 }],
    ['@2026-11-01T00:00Z', { kind: 'time', timestamp: Date.parse('2026-11-01T00:00Z') }],
    ['@-15m', { kind: 'time', timestamp: 100_000 }],
  ])('the place %s', (text, parsed) => {
    expect(parseStartOffset(text, 1_000_000)).toEqual(parsed);
  });

  test.each(['', 'begin', '@soon', '+x', '1.5', '@-5'])('the place %j is refused', (text) => {
    expect(() => parseStartOffset(text, 0)).toThrow();
  });

  test('lengths of time', () => {
    expect(['500ms', '30s', '1.5m', '2h', '7d'].map(durationMs)).toEqual([500, 30_000, 90_000, 7_200_000, 604_800_000]);
    for (const text of ['30', 's', '-1s', '1 s']) expect(() => durationMs(text)).toThrow(/no length of time/);
  });

  test('lines come as bytes, whatever the chunks, with either line end', async () => {
    async function* chunks(): AsyncIterable<Uint8Array> {
      for (const text of ['a', 'b\nc\r', '\n\n', 'last']) yield Buffer.from(text);
      yield Buffer.from([0xff]);
    }
    const found: number[][] = [];
    for await (const line of lines(chunks())) found.push([...line]);
    expect(found).toEqual([[97, 98], [99], [], [108, 97, 115, 116, 255]]);
  });
});
