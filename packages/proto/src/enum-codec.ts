import { present } from '@moldau/base';

/** An enum is a union of strings inside, a number on the wire. */
export interface EnumCodec<T extends string> {
  /** The value 0, which proto3 does not send. */
  readonly empty: T;
  number(name: T): number;
  /** A number that this version does not know reads as the value 0, which every enum here calls `unspecified`. */
  name(number: number): T;
}

export function enumCodec<T extends string>(values: readonly (readonly [number, T])[]): EnumCodec<T> {
  const names = new Map(values);
  const numbers = new Map(values.map(([number, name]) => [name, number]));
  const empty = present(names.get(0), 'the value 0 of an enum');
  return {
    empty,
    number: (name) => present(numbers.get(name), `the number of ${name}`),
    name: (number) => names.get(number) ?? empty,
  };
}
