import { assert, RequestError, unreachable, utf8Encode } from '@moldau/base';
import type { ScalarType } from '../definition/field.ts';
import { type Encode, type Place, writeCount } from './encoding.ts';
import { STRING_BYTES_MAX } from './limits.ts';
import type { WireWriter } from './wire-writer.ts';

/** All but records, which alone may come in parts. */
export function scalarEncoder(type: Exclude<ScalarType, 'records'>, place: Place): Encode {
  switch (type) {
    case 'bool': {
      const must = `${place.path} is true or false`;
      return (writer, value) => {
        assert(typeof value === 'boolean', must);
        writer.int8(value ? 1 : 0);
      };
    }
    case 'int8':
      return integerEncoder(place, [-(2 ** 7), 2 ** 7], (writer, value) => writer.int8(value));
    case 'int16':
      return integerEncoder(place, [-(2 ** 15), 2 ** 15], (writer, value) => writer.int16(value));
    case 'uint16':
      return integerEncoder(place, [0, 2 ** 16], (writer, value) => writer.uint16(value));
    case 'int32':
      return integerEncoder(place, [-(2 ** 31), 2 ** 31], (writer, value) => writer.int32(value));
    case 'int64':
      return integerEncoder(place, [1 - 2 ** 53, 2 ** 53], (writer, value) => writer.int64(value));
    case 'int64Clamped':
      return integerEncoder(place, [1 - 2 ** 53, 2 ** 53], (writer, value) => writer.int64Clamped(value));
    case 'float64': {
      const must = `${place.path} is a number`;
      return (writer, value) => {
        assert(typeof value === 'number', must);
        writer.float64(value);
      };
    }
    case 'uuid': {
      const must = `${place.path} is an id`;
      return (writer, value) => {
        assert(typeof value === 'string', must);
        writer.uuid(value);
      };
    }
    case 'string':
      return textEncoder(place, (text) => text);
    case 'prose':
      return textEncoder(place, cut);
    case 'bytes':
      return bytesEncoder(place);
    default:
      return unreachable(type);
  }
}

function integerEncoder(
  { path }: Place,
  [start, end]: readonly [start: number, end: number],
  write: (writer: WireWriter, value: number) => void,
): Encode {
  const must = `${path} is a whole number from ${start} on, below ${end}`;
  return (writer, value) => {
    assert(typeof value === 'number' && Number.isInteger(value) && value >= start && value < end, must);
    write(writer, value);
  };
}

function textEncoder({ wire, nullable, path }: Place, shorten: (text: Uint8Array) => Uint8Array): Encode {
  const must = `${path} is a string${nullable ? ' or null' : ''}`;
  return (writer, value) => {
    if (value === null && nullable) {
      writeTextLength(writer, wire.flexible, -1);
      return;
    }
    assert(typeof value === 'string', must);
    const bytes = shorten(utf8Encode(value));
    if (bytes.length > STRING_BYTES_MAX) {
      throw new RequestError('INVALID_REQUEST', `${path} has ${bytes.length} bytes, ${STRING_BYTES_MAX} may be.`);
    }
    writeTextLength(writer, wire.flexible, bytes.length);
    writer.bytes(bytes);
  };
}

function writeTextLength(writer: WireWriter, flexible: boolean, length: number): void {
  if (flexible) writer.unsignedVarint(length + 1);
  else writer.int16(length);
}

/** Cuts before the character that goes beyond the limit: bytes 10xxxxxx continue one. */
function cut(text: Uint8Array): Uint8Array {
  if (text.length <= STRING_BYTES_MAX) return text;
  let end = STRING_BYTES_MAX;
  while (((text[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return text.subarray(0, end);
}

function bytesEncoder({ wire, nullable, path }: Place): Encode {
  const must = `${path} is bytes${nullable ? ' or null' : ''}`;
  return (writer, value) => {
    if (value === null && nullable) {
      writeCount(writer, wire, -1);
      return;
    }
    assert(value instanceof Uint8Array, must);
    writeCount(writer, wire, value.length);
    writer.bytes(value);
  };
}
