import { assert, MalformedBytesError } from '@moldau/base';
import { compileDecoder, type Decode } from '../codec/decoder.ts';
import { compileEncoder } from '../codec/encoder.ts';
import type { Encode } from '../codec/encoding.ts';
import type { WireReader } from '../codec/wire-reader.ts';
import type { Api } from '../definition/api.ts';
import { inVersions, isFlexible } from '../definition/versions.ts';

type Direction = 'request' | 'response';

/** One version of one message. */
interface Compiled {
  readonly encode: Encode;
  readonly decode: Decode;
}

/** By version. Derived from the definitions alone, so the same for everyone; each is made when it is first used. */
const COMPILED = new WeakMap<Api, Readonly<Record<Direction, (Compiled | undefined)[]>>>();

export function compiled(api: Api, direction: Direction, version: number): Compiled {
  let kept = COMPILED.get(api);
  if (kept === undefined) {
    kept = { request: [], response: [] };
    COMPILED.set(api, kept);
  }
  kept[direction][version] ??= compile(api, direction, version);
  return kept[direction][version];
}

function compile(api: Api, direction: Direction, version: number): Compiled {
  assert(inVersions(api.versions, version), 'a message has a version that its API has', { api: api.name, version });
  const wire = { version, flexible: isFlexible(api, version) };
  const path = `${api.name} ${direction}`;
  return {
    encode: compileEncoder(api[direction], wire, path),
    decode: compileDecoder(api[direction], wire, path),
  };
}

/** Says of malformed bytes what they were meant to be, and where they are. */
export function explained<T>(reader: WireReader, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    throw new MalformedBytesError(`${what}, at byte ${reader.position}: ${error.message}`, { cause: error });
  }
}
