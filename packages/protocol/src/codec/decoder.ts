import { MalformedBytesError, unreachable } from '@moldau/base';
import type { Fields, ScalarType } from '../definition/field.ts';
import { type PlannedField, planFields, type WireVersion } from './plan.ts';
import type { WireReader } from './wire-reader.ts';

export type Decode = (reader: WireReader) => unknown;

interface Decoder {
  readonly decode: Decode;
  /** No value takes fewer bytes: what bounds the count of an array. */
  readonly bytesMin: number;
  /** Objects that are made before anything of variable number is read: what an array is charged for each element. */
  readonly objects: number;
}

/** Turns a definition into the functions that read one version of it. Done once, then kept. */
export function compileDecoder(fields: Fields, wire: WireVersion, path: string): Decode {
  const { decode, objects } = structDecoder(fields, wire, path);
  return (reader) => {
    reader.charge(objects);
    return decode(reader);
  };
}

function structDecoder(fields: Fields, wire: WireVersion, path: string): Decoder {
  const planned = planFields(fields, wire, path);
  const names = planned.map(({ name }) => name);
  const inline = planned.map((field) => (field.place === 'inline' ? fieldDecoder(field, wire) : absent(field)));
  const decoders = inline.map(({ decode }) => decode);
  const readTags = wire.flexible ? tagsDecoder(planned, wire) : undefined;
  const decode = (reader: WireReader): unknown => {
    const value: Record<string, unknown> = {};
    for (let index = 0; index < decoders.length; index++) {
      value[names[index] as string] = (decoders[index] as Decode)(reader);
    }
    readTags?.(reader, value);
    return value;
  };
  return {
    decode,
    bytesMin: inline.reduce((sum, { bytesMin }) => sum + bytesMin, wire.flexible ? 1 : 0),
    objects: inline.reduce((sum, { objects }) => sum + objects, 1),
  };
}

function absent({ missing }: PlannedField): Decoder {
  return { decode: () => missing, bytesMin: 0, objects: 0 };
}

function tagsDecoder(
  planned: readonly PlannedField[],
  wire: WireVersion,
): (reader: WireReader, value: Record<string, unknown>) => void {
  const tagged = planned.filter(({ place }) => place === 'tagged');
  if (tagged.length === 0) return (reader) => reader.tags();
  const known = new Map(tagged.map((each) => [each.field.tag, { name: each.name, ...fieldDecoder(each, wire) }]));
  return (reader, value) =>
    reader.tags((tag) => {
      const field = known.get(tag);
      if (field === undefined) return false;
      reader.charge(field.objects);
      value[field.name] = field.decode(reader);
      return true;
    });
}

function fieldDecoder({ field, nullable, path }: PlannedField, wire: WireVersion): Decoder {
  if (field.type === 'array') return arrayDecoder(field.of, { wire, nullable, path });
  if (field.type === 'struct') return inlineStructDecoder(field.fields, { wire, nullable, path });
  return scalarDecoder(field.type, { wire, nullable, path });
}

interface Surroundings {
  readonly wire: WireVersion;
  readonly nullable: boolean;
  readonly path: string;
}

/** A structure that may be null has a byte before it: -1 for null, 1 otherwise (KIP-893). */
function inlineStructDecoder(fields: Fields, { wire, nullable, path }: Surroundings): Decoder {
  const struct = structDecoder(fields, wire, path);
  if (!nullable) return struct;
  const decode = (reader: WireReader): unknown => {
    const presence = reader.int8();
    if (presence === -1) return null;
    if (presence !== 1) throw new MalformedBytesError(`${path} has ${presence} where 1 or -1 may be`);
    return struct.decode(reader);
  };
  return { decode, bytesMin: 1, objects: struct.objects };
}

function arrayDecoder(of: ScalarType | Fields, surroundings: Surroundings): Decoder {
  const { wire, path } = surroundings;
  const element =
    typeof of === 'string' ? scalarDecoder(of, { wire, nullable: false, path }) : structDecoder(of, wire, path);
  const { decode: decodeElement } = element;
  const bytesMin = Math.max(element.bytesMin, 1);
  const objects = Math.max(element.objects, 1);
  const length = lengthDecoder(wire.flexible ? 'compact' : 'int32', surroundings);
  const decode = (reader: WireReader): unknown => {
    const count = length(reader);
    if (count < 0) return null;
    if (count * bytesMin > reader.remaining) {
      throw new MalformedBytesError(`${path} has ${count} elements, ${reader.remaining} bytes are left`);
    }
    reader.charge(count * objects);
    const values: unknown[] = [];
    for (let index = 0; index < count; index++) values.push(decodeElement(reader));
    return values;
  };
  return { decode, bytesMin: wire.flexible ? 1 : 4, objects: 1 };
}

function scalarDecoder(type: ScalarType, surroundings: Surroundings): Decoder {
  const { flexible } = surroundings.wire;
  switch (type) {
    case 'bool':
      return { decode: (reader) => reader.int8() !== 0, bytesMin: 1, objects: 0 };
    case 'int8':
      return { decode: (reader) => reader.int8(), bytesMin: 1, objects: 0 };
    case 'int16':
      return { decode: (reader) => reader.int16(), bytesMin: 2, objects: 0 };
    case 'uint16':
      return { decode: (reader) => reader.uint16(), bytesMin: 2, objects: 0 };
    case 'int32':
      return { decode: (reader) => reader.int32(), bytesMin: 4, objects: 0 };
    case 'int64':
      return { decode: (reader) => reader.int64(), bytesMin: 8, objects: 0 };
    case 'int64Clamped':
      return { decode: (reader) => reader.int64Clamped(), bytesMin: 8, objects: 0 };
    case 'float64':
      return { decode: (reader) => reader.float64(), bytesMin: 8, objects: 0 };
    case 'uuid':
      return { decode: (reader) => reader.uuid(), bytesMin: 16, objects: 1 };
    case 'string':
    case 'prose': {
      const length = lengthDecoder(flexible ? 'compact' : 'int16', surroundings);
      const decode = (reader: WireReader): unknown => {
        const bytes = length(reader);
        return bytes < 0 ? null : reader.text(bytes);
      };
      return { decode, bytesMin: flexible ? 1 : 2, objects: 1 };
    }
    case 'bytes':
    case 'records': {
      const length = lengthDecoder(flexible ? 'compact' : 'int32', surroundings);
      const decode = (reader: WireReader): unknown => {
        const bytes = length(reader);
        return bytes < 0 ? null : reader.bytes(bytes);
      };
      return { decode, bytesMin: flexible ? 1 : 4, objects: 1 };
    }
    default:
      return unreachable(type);
  }
}

/** Reads a length or count: -1 is null, and only where null may be. */
function lengthDecoder(
  form: 'compact' | 'int16' | 'int32',
  { nullable, path }: Surroundings,
): (reader: WireReader) => number {
  const least = nullable ? -1 : 0;
  return (reader) => {
    const length = form === 'compact' ? reader.compactLength() : form === 'int16' ? reader.int16() : reader.int32();
    if (length < least) throw new MalformedBytesError(`${path} ${length === -1 ? 'is null' : `has length ${length}`}`);
    return length;
  };
}
