import { uuidFromBytes } from '@moldau/base';
import type { Field, Fields, ScalarType } from '../../src/definition/field.ts';
import { has, type MessageVersion } from './arbitrary-messages.ts';

const ELEMENTS = 2;

/** One message for each version, always the same: every field says something, and no two of them the same. */
export function exampleMessage({ api, direction, version }: MessageVersion): object {
  let count = 0;
  return exampleStruct(api[direction], version, () => ++count);
}

function exampleStruct(fields: Fields, version: number, next: () => number): object {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => has(field.versions, version))
      .map(([name, field]) => [name, exampleValue(field, version, next)]),
  );
}

function exampleValue(field: Field, version: number, next: () => number): unknown {
  if (field.type === 'struct') return exampleStruct(field.fields, version, next);
  if (field.type !== 'array') return exampleScalar(field.type, next());
  const { of } = field;
  return Array.from({ length: ELEMENTS }, () =>
    typeof of === 'string' ? exampleScalar(of, next()) : exampleStruct(of, version, next),
  );
}

function exampleScalar(type: ScalarType, count: number): unknown {
  switch (type) {
    case 'bool':
      return count % 2 === 0;
    case 'string':
    case 'prose':
      return `text ${count}`;
    case 'bytes':
    case 'records':
      return Uint8Array.of(count, count);
    case 'uuid':
      return uuidFromBytes(new Uint8Array(16).fill(count));
    case 'float64':
      return count + 0.5;
    default:
      // Ids, counts and codes; below 128, so that a byte holds any.
      return count % 128;
  }
}
