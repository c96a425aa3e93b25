/**
 * The vocabulary of the definitions. A definition is data: for each field its wire type and the versions that have it.
 * Codec, TypeScript types, bounds and the docs table are derived from it, so nothing is said twice.
 */

/** Versions, both ends included, as the protocol counts them: `'3'`, `'2-5'`, or `'4+'` up to the API's last. */
export type VersionRange = `${number}` | `${number}-${number}` | `${number}+`;

/** What each type of the wire is in TypeScript. */
export interface ScalarValues {
  bool: boolean;
  int8: number;
  int16: number;
  /** The ports of DescribeQuorum and AddRaftVoter. */
  uint16: number;
  int32: number;
  /** A safe integer; anything beyond is malformed. */
  int64: number;
  /**
   * For numbers that a user may choose freely: an offset or time beyond 53 bits comes in as the largest (smallest) safe
   * integer and goes out as the largest (smallest) 64-bit one. No log reaches either, and a consumer that seeks to
   * Java's `Long.MAX_VALUE` is told that this is out of range instead of losing its connection.
   */
  int64Clamped: number;
  float64: number;
  /** In the 22 characters of `uuidFromBytes`; {@link ZERO_UUID} stands for "none". */
  uuid: string;
  string: string;
  /** A string for people to read; one that is too long is cut, since a refusal must never fail for its wording. */
  prose: string;
  bytes: Uint8Array;
  /** Record batches as they are stored; decoded as a view of the frame. */
  records: Uint8Array;
}

export type ScalarType = keyof ScalarValues;

interface FieldRules {
  /** The versions that have the field; all of them when left out. */
  readonly versions?: VersionRange;
  /** The versions in which the field may be null. */
  readonly nullable?: VersionRange;
  /** Makes it a tagged field, in all versions that have it: written only when it differs from its default. */
  readonly tag?: number;
  /** Whether to leave out what a version has no place for. Otherwise the message cannot be sent in that version. */
  readonly ignorable?: true;
}

type ScalarField = {
  readonly [Type in ScalarType]: FieldRules & {
    readonly type: Type;
    /**
     * What a version without the field means, and what an encoder writes when the field is left out. Without a default
     * the former is 0, false, empty or {@link ZERO_UUID}, and the latter an error.
     */
    readonly default?: ScalarValues[Type] | null;
  };
}[ScalarType];

interface ArrayField extends FieldRules {
  readonly type: 'array';
  readonly of: ScalarType | Fields;
  readonly default?: readonly [] | null;
}

interface StructField extends FieldRules {
  readonly type: 'struct';
  readonly fields: Fields;
  readonly default?: null;
}

export type Field = ScalarField | ArrayField | StructField;

/** The fields of a structure in the order in which they stand on the wire. */
export interface Fields {
  readonly [name: string]: Field;
}

/** No id: the name was given instead, or nothing has this id. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';
