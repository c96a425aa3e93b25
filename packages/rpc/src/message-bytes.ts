/**
 * The bytes between a message's codec and grpc-js, which wants a Buffer and gives one.
 *
 * A caller that closes a stream has no trailers to put the reason in (only a server has), so the reason travels as the
 * stream's last message. It begins with a zero byte, which no protobuf message does: field number 0 is illegal.
 *
 * ```
 * 0        1
 * +--------+----------------------------------+
 * | 0x00   | UTF-8 of {"code": .., "message": ..} |
 * +--------+----------------------------------+
 * ```
 */
import { assert, type RpcCloseReason, utf8Decode, utf8Encode } from '@moldau/base';
import { closeReason } from './close-reason.ts';

const CLOSE_MARK = 0;

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same memory as a plain array: `slice` of a Buffer would share its memory where everyone expects a copy. */
export function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

export function same<T>(value: T): T {
  return value;
}

export function assertIsMessage(bytes: Uint8Array): void {
  assert(bytes[0] !== CLOSE_MARK, 'a message does not begin with a zero byte', { length: bytes.length });
}

export function encodeClose(reason: RpcCloseReason): Buffer {
  const text = utf8Encode(JSON.stringify({ code: reason.code, message: reason.message }));
  const buffer = Buffer.alloc(1 + text.length, CLOSE_MARK);
  buffer.set(text, 1);
  return buffer;
}

/** Undefined for an ordinary message. What a peer sends is distrusted: a reason that cannot be read is `failed`. */
export function decodeClose(bytes: Uint8Array): RpcCloseReason | undefined {
  if (bytes.length === 0 || bytes[0] !== CLOSE_MARK) return undefined;
  try {
    const { code, message } = JSON.parse(utf8Decode(bytes.subarray(1))) as Record<string, unknown>;
    return closeReason(code, message);
  } catch {
    return { code: 'failed', message: 'the peer closed with a reason that cannot be read' };
  }
}
