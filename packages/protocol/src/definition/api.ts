import type { Fields, VersionRange } from './field.ts';
import type { InputOf, StructOf } from './types.ts';

/** One request of the protocol and its response, in all the versions that are served. */
export interface Api {
  readonly key: number;
  readonly name: string;
  /** Served, and readable for our own clients. */
  readonly versions: VersionRange;
  /** The first version with compact types and tagged fields. */
  readonly flexibleFrom: number | 'never';
  /** The lowest version to advertise, where that is not the lowest one served. */
  readonly advertisedFrom?: number;
  readonly request: Fields;
  readonly response: Fields;
}

/** A request as it is decoded: every field is there, absent ones with their default. */
export type RequestOf<A extends Api> = StructOf<A['request']>;
/** A response as it is decoded. */
export type ResponseOf<A extends Api> = StructOf<A['response']>;
/** A request to be encoded: fields with a default and tagged ones may be left out. */
export type RequestInput<A extends Api> = InputOf<A['request']>;
/** A response to be encoded. */
export type ResponseInput<A extends Api> = InputOf<A['response']>;

/** States an API; the types of its messages are inferred from what is stated here. */
export function defineApi<const A extends Api>(api: A): A {
  return api;
}

/** States a structure that travels inside the bytes of another message and names its version itself. */
export function defineStruct<const F extends Fields>(fields: F): F {
  return fields;
}
