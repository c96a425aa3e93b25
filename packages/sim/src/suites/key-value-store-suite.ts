import { type KeyValueStore, utf8Decode, utf8Encode } from '@moldau/base';
import { describe, expect, test } from 'vitest';
import { type SuiteWorld, within } from './suite-world.ts';

export interface StoreWorld extends SuiteWorld {
  /** Opens, or creates, the world's one store. */
  open(): Promise<KeyValueStore>;
}

/** What every {@link KeyValueStore} does. */
export function keyValueStoreSuite(name: string, make: () => Promise<StoreWorld>): void {
  describe(name, () => {
    test('what was written is read, also after closing and opening', () =>
      within(make, async ({ open }) => {
        const store = await open();
        await store.write([put('a', '1'), put('b', '2')], { sync: true });
        await store.write([{ key: 'a', value: undefined }, put('c', '')], { sync: false });
        await store.close();
        const again = await open();
        expect(await again.get('a')).toBeUndefined();
        expect(await value(again, 'b')).toBe('2');
        expect(await value(again, 'c')).toBe('');
        await again.close();
      }));

    test('within one write the later change of a key stands', () =>
      within(make, async ({ open }) => {
        const store = await open();
        await store.write([put('a', 'first'), put('a', 'final')], { sync: false });
        expect(await value(store, 'a')).toBe('final');
        await store.close();
      }));

    test('writes take effect in the order of the calls', () =>
      within(make, async ({ open }) => {
        const store = await open();
        await Promise.all(
          Array.from({ length: 50 }, (_, count) => store.write([put('a', `${count}`)], { sync: false })),
        );
        expect(await value(store, 'a')).toBe('49');
        await store.close();
      }));

    test('a range is half-open, and ordered by the UTF-8 bytes of the keys', () =>
      within(make, async ({ open }) => {
        const store = await open();
        // U+FFFD sorts after U+1F30A in UTF-16 units, before it in UTF-8.
        const keys = ['a', 'aa', 'b', 'b/\u{1F30A}', 'b/\uFFFD', 'c'];
        await store.write(
          keys.map((key) => put(key, key)),
          { sync: false },
        );
        const found: string[] = [];
        for await (const [key, bytes] of store.entries({ from: 'aa', to: 'c' })) {
          expect(utf8Decode(bytes)).toBe(key);
          found.push(key);
        }
        expect(found).toEqual(['aa', 'b', 'b/\uFFFD', 'b/\u{1F30A}']);
        await store.close();
      }));

    test('an iteration shows the entries as they were when it began', () =>
      within(make, async ({ open }) => {
        const store = await open();
        await store.write([put('a', '1'), put('b', '1')], { sync: false });
        const found: string[] = [];
        for await (const [key, bytes] of store.entries({ from: '', to: 'z' })) {
          if (found.length === 0) await store.write([put('b', '2'), put('c', '2')], { sync: false });
          found.push(`${key}=${utf8Decode(bytes)}`);
        }
        expect(found).toEqual(['a=1', 'b=1']);
        await store.close();
      }));

    test('an iteration may be left early', () =>
      within(make, async ({ open }) => {
        const store = await open();
        await store.write([put('a', '1'), put('b', '1')], { sync: false });
        for await (const [key] of store.entries({ from: '', to: 'z' })) {
          expect(key).toBe('a');
          break;
        }
        await store.close();
      }));
  });
}

function put(key: string, value: string): { key: string; value: Uint8Array } {
  return { key, value: utf8Encode(value) };
}

async function value(store: KeyValueStore, key: string): Promise<string | undefined> {
  const bytes = await store.get(key);
  return bytes && utf8Decode(bytes);
}
