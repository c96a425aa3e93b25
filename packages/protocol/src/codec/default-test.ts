import type { Field } from '../definition/field.ts';

/** Tells whether a value says no more than its absence would: such a tagged field is not written. */
export function defaultTest(field: Field, missing: unknown): (value: unknown) => boolean {
  if (field.type === 'array' && missing !== null) return (value) => Array.isArray(value) && value.length === 0;
  if (field.type === 'struct' && missing !== null) {
    const inner = Object.entries(field.fields).map(([name, each]) => ({
      name,
      isDefault: defaultTest(each, (missing as Readonly<Record<string, unknown>>)[name]),
    }));
    return (value) => {
      const struct = value as Readonly<Record<string, unknown>>;
      return inner.every(({ name, isDefault }) => struct[name] === undefined || isDefault(struct[name]));
    };
  }
  if (field.type === 'bytes' && missing !== null) return (value) => value instanceof Uint8Array && value.length === 0;
  return (value) => value === missing;
}
