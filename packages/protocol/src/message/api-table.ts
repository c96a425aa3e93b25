import { assert } from '@moldau/base';
import type { Api } from '../definition/api.ts';
import { parseVersions } from '../definition/versions.ts';

/** Versions of one API, both ends included, as ApiVersions lists them. */
export interface ApiVersionRange {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The APIs that a broker serves: those it has a handler for. What is not in here is refused and not advertised. */
export class ApiTable {
  readonly #apis = new Map<number, Api>();
  /** For ApiVersions, by ascending key. */
  readonly advertised: readonly ApiVersionRange[];

  constructor(apis: readonly Api[]) {
    for (const api of apis) {
      assert(!this.#apis.has(api.key), 'an API is served once', { key: api.key });
      this.#apis.set(api.key, api);
    }
    this.advertised = apis.map(advertisedVersions).sort((left, right) => left.apiKey - right.apiKey);
  }

  find(apiKey: number): Api | undefined {
    return this.#apis.get(apiKey);
  }
}

function advertisedVersions({ key, versions, advertisedFrom }: Api): ApiVersionRange {
  const { min, max } = parseVersions(versions);
  return { apiKey: key, minVersion: advertisedFrom ?? min, maxVersion: max };
}
