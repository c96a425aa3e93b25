import { assert } from '@moldau/base';
import { WireWriter } from '../codec/wire-writer.ts';

const SIZE_BYTES = 4;

/** A message with its size before it, as parts to be written one after the other. */
export function framed(write: (writer: WireWriter) => void): Uint8Array[] {
  const writer = new WireWriter();
  writer.int32(0);
  write(writer);
  const size = writer.size - SIZE_BYTES;
  assert(size < 2 ** 31, 'the size of a message fits 31 bits', { size });
  writer.patchUint32(0, size);
  return writer.parts();
}
