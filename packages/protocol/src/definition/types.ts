import type { Field, Fields, ScalarType, ScalarValues } from './field.ts';

/** A structure as it is decoded: every field is there, and nothing may be changed. */
export type StructOf<F extends Fields> = { readonly [Name in keyof F]: Decoded<F[Name]> };

/** A structure to be encoded: fields with a default and tagged ones may be left out. */
export type InputOf<F extends Fields> = {
  readonly [Name in keyof F as F[Name] extends Omittable ? never : Name]: Encodable<F[Name]>;
} & {
  readonly [Name in keyof F as F[Name] extends Omittable ? Name : never]?: Encodable<F[Name]>;
};

type Omittable = { readonly default: unknown } | { readonly tag: number };

type Decoded<F extends Field> =
  | Nullable<F>
  | (F extends { readonly type: 'array'; readonly of: infer Element }
      ? readonly (Element extends ScalarType
          ? ScalarValues[Element]
          : Element extends Fields
            ? StructOf<Element>
            : never)[]
      : F extends { readonly type: 'struct'; readonly fields: infer Inner extends Fields }
        ? StructOf<Inner>
        : F extends { readonly type: infer Type extends ScalarType }
          ? ScalarValues[Type]
          : never);

type Encodable<F extends Field> =
  | Nullable<F>
  | (F extends { readonly type: 'array'; readonly of: infer Element }
      ? readonly (Element extends ScalarType
          ? ScalarValues[Element]
          : Element extends Fields
            ? InputOf<Element>
            : never)[]
      : F extends { readonly type: 'struct'; readonly fields: infer Inner extends Fields }
        ? InputOf<Inner>
        : F extends { readonly type: 'records' }
          ? RecordsInput
          : F extends { readonly type: infer Type extends ScalarType }
            ? ScalarValues[Type]
            : never);

/** Record batches to be sent: as a log's read returns them, in parts that are sent on without being joined. */
type RecordsInput = Uint8Array | readonly Uint8Array[];

type Nullable<F extends Field> = F extends { readonly nullable: string } ? null : never;
