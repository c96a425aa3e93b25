import { uuidFromBytes } from '@moldau/base';
import fc from 'fast-check';
import type { Api } from '../../src/definition/api.ts';
import type { Field, Fields, ScalarType } from '../../src/definition/field.ts';
import { ZERO_UUID } from '../../src/index.ts';

/** Ranges of versions, read by code of its own: a mistake in the codec's reading must not hide here. */
export function versionsOf(range: string): number[] {
  const [from = '', to = from] = range.split('-');
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
}

/** Whether a field is there, or may be null. */
export function has(range: string | undefined, version: number): boolean {
  if (range === undefined) return true;
  if (range.endsWith('+')) return version >= Number(range.slice(0, -1));
  return versionsOf(range).includes(version);
}

type Direction = 'request' | 'response';

/** One version of one message. */
export interface MessageVersion {
  readonly api: Api;
  readonly direction: Direction;
  readonly version: number;
}

export function messageVersions(apis: readonly Api[]): MessageVersion[] {
  return apis.flatMap((api) =>
    versionsOf(api.versions).flatMap((version) =>
      (['request', 'response'] as const).map((direction) => ({ api, direction, version })),
    ),
  );
}

/** Any message that a version can say: fields that it lacks have their default. */
export function arbitraryMessage({ api, direction, version }: MessageVersion): fc.Arbitrary<object> {
  return arbitraryStruct(api[direction], version);
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<object> {
  return fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        has(field.versions, version) ? arbitraryField(field, version) : fc.constant(defaultOf(field)),
      ]),
    ),
  );
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, version);
  const nullable = field.nullable !== undefined && has(field.nullable, version);
  return nullable ? fc.option(value, { nil: null, freq: 4 }) : value;
}

function arbitraryValue(field: Field, version: number): fc.Arbitrary<unknown> {
  if (field.type === 'struct') return arbitraryStruct(field.fields, version);
  if (field.type !== 'array') return SCALARS[field.type];
  const element = typeof field.of === 'string' ? SCALARS[field.of] : arbitraryStruct(field.of, version);
  return fc.array(element, { maxLength: 3 });
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 40 });
const int64 = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -6, max: 200 }));

const SCALARS: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.integer(),
  int64,
  int64Clamped: int64,
  float64: fc.double({ noNaN: true }),
  uuid: fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes), fc.constant(ZERO_UUID)),
  string: text,
  prose: text,
  bytes,
  records: fc.oneof(bytes, fc.uint8Array({ minLength: 5000, maxLength: 5010, size: 'max' })),
};

function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  if (field.type === 'array') return [];
  if (field.type === 'struct') {
    return Object.fromEntries(Object.entries(field.fields).map(([name, each]) => [name, defaultOf(each)]));
  }
  return EMPTY[field.type];
}

const EMPTY: Readonly<Record<ScalarType, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  int64: 0,
  int64Clamped: 0,
  float64: 0,
  uuid: ZERO_UUID,
  string: '',
  prose: '',
  bytes: new Uint8Array(0),
  records: null,
};
