import { assert, byteLength, RequestError } from '@moldau/base';
import type { Field, Fields, ScalarType } from '../definition/field.ts';
import { defaultTest } from './default-test.ts';
import { type Encode, type Place, writeCount } from './encoding.ts';
import { type PlannedField, planFields, type WireVersion } from './plan.ts';
import { scalarEncoder } from './scalar-encoder.ts';
import { WireWriter } from './wire-writer.ts';

type Struct = Readonly<Record<string, unknown>>;

/**
 * Turns a definition into the function that writes one version of it. Done once, then kept. What it is given comes from
 * our own code, so a value of another type is a bug that stops the process. What depends on the other side is not: a
 * value that its version has no place for, and a string too long, which it may have made so, are RequestErrors.
 */
export function compileEncoder(fields: Fields, wire: WireVersion, path: string): Encode {
  const planned = planFields(fields, wire, path);
  const steps = planned.flatMap((field) => stepOf(field, wire) ?? []);
  const writeTags = wire.flexible ? tagsEncoder(planned, wire) : undefined;
  const must = `${path} is a structure`;
  return (writer, value) => {
    assert(typeof value === 'object' && value !== null, must);
    const struct = value as Struct;
    for (const step of steps) step(writer, struct);
    writeTags?.(writer, struct);
  };
}

/** What one field does when its structure is written; nothing at all for some. */
function stepOf(planned: PlannedField, wire: WireVersion): ((writer: WireWriter, struct: Struct) => void) | undefined {
  const { name, path, field, nullable, place, missing } = planned;
  if (place === 'tagged') return undefined;
  if (place === 'absent') return field.ignorable === true ? undefined : absentStep(planned, wire.version);
  const encode = fieldEncoder(field, { wire, nullable, path });
  const substitute = field.default === undefined ? undefined : missing;
  const nullElsewhere = field.nullable !== undefined && !nullable;
  return (writer, struct) => {
    const value = struct[name] === undefined ? substitute : struct[name];
    if (value === null && nullElsewhere) {
      throw new RequestError('UNSUPPORTED_VERSION', `In version ${wire.version} ${path} cannot be null.`);
    }
    encode(writer, value);
  };
}

function absentStep(
  { name, path, field, missing }: PlannedField,
  version: number,
): (_: unknown, struct: Struct) => void {
  const isDefault = defaultTest(field, missing);
  return (_, struct) => {
    const value = struct[name];
    if (value === undefined || isDefault(value)) return;
    throw new RequestError('UNSUPPORTED_VERSION', `Version ${version} has no place for ${path}.`);
  };
}

function tagsEncoder(
  planned: readonly PlannedField[],
  wire: WireVersion,
): (writer: WireWriter, struct: Struct) => void {
  const tagged = planned.filter(({ place }) => place === 'tagged').map((field) => taggedOf(field, wire));
  tagged.sort((left, right) => left.tag - right.tag);
  if (tagged.length === 0) return (writer) => writer.unsignedVarint(0);
  return (writer, struct) => {
    const present = tagged.filter(({ name, isDefault }) => struct[name] !== undefined && !isDefault(struct[name]));
    writer.unsignedVarint(present.length);
    for (const { name, tag, encode } of present) {
      const content = new WireWriter();
      encode(content, struct[name]);
      const bytes = content.whole();
      writer.unsignedVarint(tag).unsignedVarint(bytes.length).bytes(bytes);
    }
  };
}

interface TaggedField {
  readonly name: string;
  readonly tag: number;
  readonly encode: Encode;
  readonly isDefault: (value: unknown) => boolean;
}

function taggedOf({ name, path, field, nullable, missing }: PlannedField, wire: WireVersion): TaggedField {
  assert(field.tag !== undefined, 'a tagged field has a tag', { path });
  const encode = fieldEncoder(field, { wire, nullable, path });
  return { name, tag: field.tag, encode, isDefault: defaultTest(field, missing) };
}

function fieldEncoder(field: Field, place: Place): Encode {
  if (field.type === 'array') return arrayEncoder(field.of, place);
  if (field.type === 'struct') return inlineStructEncoder(field.fields, place);
  return valueEncoder(field.type, place);
}

function valueEncoder(type: ScalarType, place: Place): Encode {
  return type === 'records' ? recordsEncoder(place) : scalarEncoder(type, place);
}

/** A structure that may be null has a byte before it: -1 for null, 1 otherwise (KIP-893). */
function inlineStructEncoder(fields: Fields, { wire, nullable, path }: Place): Encode {
  const encode = compileEncoder(fields, wire, path);
  if (!nullable) return encode;
  return (writer, value) => {
    writer.int8(value === null ? -1 : 1);
    if (value !== null) encode(writer, value);
  };
}

function arrayEncoder(of: ScalarType | Fields, { wire, nullable, path }: Place): Encode {
  const encode =
    typeof of === 'string' ? valueEncoder(of, { wire, nullable: false, path }) : compileEncoder(of, wire, path);
  const must = `${path} is an array${nullable ? ' or null' : ''}`;
  return (writer, value) => {
    if (value === null && nullable) {
      writeCount(writer, wire, -1);
      return;
    }
    assert(Array.isArray(value), must);
    writeCount(writer, wire, value.length);
    for (const element of value) encode(writer, element);
  };
}

function recordsEncoder({ wire, nullable, path }: Place): Encode {
  const must = `${path} is bytes or parts of them${nullable ? ', or null' : ''}`;
  return (writer, value) => {
    if (value === null && nullable) {
      writeCount(writer, wire, -1);
      return;
    }
    const parts: unknown = value instanceof Uint8Array ? [value] : value;
    assert(isParts(parts), must);
    writeCount(writer, wire, byteLength(parts));
    writer.records(parts);
  };
}

function isParts(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every((part) => part instanceof Uint8Array);
}
