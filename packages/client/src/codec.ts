import { type Codec, MalformedBytesError, utf8Decode, utf8Encode } from '@moldau/base';

/** Bytes as they are; what a producer and a consumer use when no codec is given. */
export function bytes(): Codec<Uint8Array> {
  return { encode: (value) => value, decode: (value) => value };
}

/** The codec, or bytes as they are: where none is given, `client.producer` and `client.consumer` infer bytes as the type. */
export function codecOrBytes<T>(codec: Codec<T> | undefined): Codec<T> {
  return codec ?? (bytes() as unknown as Codec<T>);
}

/** UTF-8. Bytes that are not UTF-8 are a bad record. */
export function string(): Codec<string> {
  return { encode: utf8Encode, decode: utf8Decode };
}

/** JSON in UTF-8. `T` is what the sender promises; nothing checks it here. */
export function json<T>(): Codec<T> {
  return {
    encode(value) {
      const text: string | undefined = JSON.stringify(value);
      if (text === undefined) throw new TypeError('a value that JSON cannot hold; for a tombstone send null');
      return utf8Encode(text);
    },
    decode: (value) => JSON.parse(utf8Decode(value)) as T,
  };
}

/** A 32-bit integer, big-endian, as Kafka's IntegerSerializer writes it. */
export function int32(): Codec<number> {
  return fixed(4, {
    write(view, value) {
      if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31)
        throw new RangeError(`${value} is no int32`);
      view.setInt32(0, value);
    },
    read: (view) => view.getInt32(0),
  });
}

/** A 64-bit integer, big-endian, as Kafka's LongSerializer writes it. */
export function int64(): Codec<bigint> {
  return fixed<bigint>(8, {
    write(view, value) {
      if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is no int64`);
      view.setBigInt64(0, value);
    },
    read: (view) => view.getBigInt64(0),
  });
}

/** A 64-bit floating-point number, big-endian, as Kafka's DoubleSerializer writes it. */
export function float64(): Codec<number> {
  return fixed(8, { write: (view, value) => view.setFloat64(0, value), read: (view) => view.getFloat64(0) });
}

function fixed<T>(
  sizeBytes: number,
  parts: { readonly write: (view: DataView, value: T) => void; readonly read: (view: DataView) => T },
): Codec<T> {
  return {
    encode(value) {
      const encoded = new Uint8Array(sizeBytes);
      parts.write(new DataView(encoded.buffer), value);
      return encoded;
    },
    decode(encoded) {
      if (encoded.length !== sizeBytes) {
        throw new MalformedBytesError(`a number of ${sizeBytes} bytes is expected, ${encoded.length} are there`);
      }
      return parts.read(new DataView(encoded.buffer, encoded.byteOffset, sizeBytes));
    },
  };
}
