import { assert } from '@moldau/base';

interface Described {
  /** Kafka's name where the meaning is Kafka's. */
  readonly name: string;
  /** For operators: what it does, and when to change it. */
  readonly doc: string;
  /** In the form of the properties file; absent: there is no value unless one is given. */
  readonly default?: string;
}

/** What may stand in one setting. Bounds are inclusive, as operators read them. */
export type SettingDefinition =
  | (Described & { readonly kind: 'integer'; readonly min: number; readonly max: number })
  | (Described & { readonly kind: 'boolean' })
  | (Described & { readonly kind: 'text' })
  | (Described & { readonly kind: 'choice'; readonly choices: readonly string[] })
  | (Described & { readonly kind: 'list'; readonly choices?: readonly string[] });

export type SettingValue = number | boolean | string | readonly string[];

/** A configuration that cannot be used. The message names the setting, where it stands, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError when the text is not such a value or out of bounds; `where` says where it was found */
export function parseSetting(definition: SettingDefinition, text: string, where: string): SettingValue {
  const wrong = (expected: string): ConfigError =>
    new ConfigError(`${definition.name} (${where}) must be ${expected}, not ${JSON.stringify(text)}`);
  switch (definition.kind) {
    case 'integer': {
      const value = Number(text);
      const { min, max } = definition;
      if (!/^-?\d+$/.test(text) || value < min || value > max) throw wrong(`a whole number from ${min} to ${max}`);
      return value;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong('true or false');
      return text === 'true';
    case 'text':
      if (text === '') throw wrong('a text; remove the setting to leave it out');
      return text;
    case 'choice':
      if (!definition.choices.includes(text)) throw wrong(`one of ${definition.choices.join(', ')}`);
      return text;
    case 'list': {
      const items = text.split(',').map((item) => item.trim());
      if (items.includes('')) throw wrong('a list like a,b,c');
      if (new Set(items).size !== items.length) throw wrong('a list that names nothing twice');
      const { choices } = definition;
      if (choices && !items.every((item) => choices.includes(item))) throw wrong(`a list of ${choices.join(', ')}`);
      return items;
    }
  }
}

/** The settings of one node: checked values under their names. Asking by a wrong name or kind is a bug. */
export class Settings {
  readonly #values: ReadonlyMap<string, SettingValue>;
  readonly #given: ReadonlyMap<string, string>;

  /** `given` holds what somebody set, as it was written. */
  constructor(values: ReadonlyMap<string, SettingValue>, given: ReadonlyMap<string, string>) {
    this.#values = values;
    this.#given = given;
  }

  /** The text that somebody set, checked; undefined when the default holds. */
  given(name: string): string | undefined {
    return this.#given.get(name);
  }

  integer(name: string): number {
    const value = this.#values.get(name);
    assert(typeof value === 'number', 'the setting is a number with a value', { name });
    return value;
  }

  flag(name: string): boolean {
    const value = this.#values.get(name);
    assert(typeof value === 'boolean', 'the setting is true or false', { name });
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    assert(value === undefined || typeof value === 'string', 'the setting is a text', { name });
    return value;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name) ?? [];
    assert(typeof value === 'object', 'the setting is a list', { name });
    return value;
  }
}
