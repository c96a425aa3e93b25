import { assert } from '@moldau/base';
import type { Api } from './api.ts';
import type { VersionRange } from './field.ts';

/** Both ends included, as on the wire. */
export interface Versions {
  readonly min: number;
  readonly max: number;
}

/** Version numbers are 16 bits wide. */
const VERSION_MAX = 32_767;

/** Of the ranges that definitions have: each request asks for some of them. */
const parsed = new Map<VersionRange, Versions>();

export function parseVersions(range: VersionRange): Versions {
  let versions = parsed.get(range);
  if (versions === undefined) {
    versions = parse(range);
    parsed.set(range, versions);
  }
  return versions;
}

function parse(range: VersionRange): Versions {
  const [, from, dash, to] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(range) ?? [];
  assert(from !== undefined, 'a range of versions is N, N-M or N+', { range });
  const min = Number.parseInt(from, 10);
  if (dash !== undefined) return { min, max: VERSION_MAX };
  return { min, max: to === undefined ? min : Number.parseInt(to, 10) };
}

/** Whether a range has this version; the range that was left out has every version. */
export function inVersions(range: VersionRange | undefined, version: number): boolean {
  if (range === undefined) return true;
  const { min, max } = parseVersions(range);
  return min <= version && version <= max;
}

export function isFlexible(api: Api, version: number): boolean {
  return api.flexibleFrom !== 'never' && version >= api.flexibleFrom;
}
