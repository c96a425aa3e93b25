import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Api } from '../src/definition/api.ts';
import type { Field, Fields } from '../src/definition/field.ts';
import { APIS } from '../src/index.ts';
import { versionsOf } from './support/arbitrary-messages.ts';

const PACKAGE = path.dirname(import.meta.dirname);

function row({ key, name, versions, flexibleFrom }: Api): string {
  return `| ${key} | ${name} | ${versions} | ${flexibleFrom === 'never' ? 'never' : `${flexibleFrom}+`} |`;
}

describe('the definitions', () => {
  test('are what the table in the docs says', () => {
    const page = readFileSync(path.join(PACKAGE, '../../docs/internals/kafka-protocol.md'), 'utf8');
    expect(page.split('\n').filter((line) => /^\| \d/.test(line))).toEqual(APIS.map(row));
  });

  test('stand in files that are named for them, by ascending key', () => {
    const wanted = APIS.map(({ key, name }) => {
      const words = name.replaceAll(/(?<=.)([A-Z])/g, '-$1').toLowerCase();
      return `${String(key).padStart(2, '0')}-${words}.ts`;
    });
    const files = readdirSync(path.join(PACKAGE, 'src/definitions')).filter((file) => /^\d/.test(file));
    expect(files.sort()).toEqual(wanted);
  });
});

/** Every field with the versions that its surroundings have. */
function* walk(fields: Fields, around: readonly number[], at: string): Generator<[string, Field, readonly number[]]> {
  for (const [name, field] of Object.entries(fields)) {
    const here = inside(field.versions, around);
    yield [`${at}.${name}`, field, around];
    const inner = field.type === 'struct' ? field.fields : field.type === 'array' ? field.of : '';
    if (typeof inner === 'object') yield* walk(inner, here, `${at}.${name}`);
  }
}

function inside(range: string | undefined, around: readonly number[]): readonly number[] {
  if (range === undefined) return around;
  const [from, to] = range.endsWith('+') ? [range.slice(0, -1), '99'] : [range, range];
  const named = versionsOf(range.endsWith('+') ? `${from}-${to}` : range);
  return around.filter((version) => named.includes(version));
}

describe.each(APIS.map((api) => [api.name, api] as const))('%s', (_, api) => {
  const all = versionsOf(api.versions);
  const fields = (['request', 'response'] as const).flatMap((direction) => [...walk(api[direction], all, direction)]);

  test('has no field that no version has, and says of none that all versions have it in other words', () => {
    for (const [at, field, around] of fields) {
      if (field.versions === undefined) continue;
      const here = inside(field.versions, around);
      expect(here.length, at).toBeGreaterThan(0);
      expect(here.length, at).toBeLessThan(around.length);
    }
  });

  test('has tagged fields in flexible versions alone, and null only where the field is', () => {
    for (const [at, field, around] of fields) {
      const here = inside(field.versions, around);
      if (field.nullable !== undefined) expect(inside(field.nullable, here).length, at).toBeGreaterThan(0);
      if (field.tag === undefined) continue;
      expect(api.flexibleFrom, at).not.toBe('never');
      expect(Math.min(...here), at).toBeGreaterThanOrEqual(Number(api.flexibleFrom));
    }
  });
});
