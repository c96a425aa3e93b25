import { assert } from '@moldau/base';
import { type Field, type Fields, type ScalarType, ZERO_UUID } from '../definition/field.ts';
import { inVersions } from '../definition/versions.ts';

/** One version of a structure's surroundings: what decides how a type stands on the wire. */
export interface WireVersion {
  readonly version: number;
  /** Compact lengths and tagged fields. */
  readonly flexible: boolean;
}

/** A field as one version sees it. */
export interface PlannedField {
  readonly name: string;
  /** For messages of errors. */
  readonly path: string;
  readonly field: Field;
  readonly place: 'absent' | 'inline' | 'tagged';
  readonly nullable: boolean;
  /** What its absence means. */
  readonly missing: unknown;
}

const NOTHING: readonly never[] = Object.freeze([]);
const NO_BYTES = new Uint8Array(0);

export function planFields(fields: Fields, wire: WireVersion, path: string): PlannedField[] {
  return Object.entries(fields).map(([name, field]) => {
    const place = placeOf(field, wire.version);
    assert(place !== 'tagged' || wire.flexible, 'only flexible versions have tagged fields', { path, name });
    return {
      name,
      path: `${path}.${name}`,
      field,
      place,
      nullable: field.nullable !== undefined && inVersions(field.nullable, wire.version),
      missing: defaultOf(field),
    };
  });
}

function placeOf(field: Field, version: number): PlannedField['place'] {
  if (!inVersions(field.versions, version)) return 'absent';
  return field.tag === undefined ? 'inline' : 'tagged';
}

function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return Array.isArray(field.default) ? NOTHING : field.default;
  if (field.type === 'array') return NOTHING;
  if (field.type === 'struct') return defaultStruct(field.fields);
  return DEFAULTS[field.type];
}

function defaultStruct(fields: Fields): object {
  return Object.freeze(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)])));
}

const DEFAULTS: Readonly<Record<ScalarType, unknown>> = {
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
  bytes: NO_BYTES,
  records: null,
};
