import { assert } from '@moldau/base';
import { type ConfigType, integerValue } from '@moldau/metadata';

/** What may stand in one setting. */
export interface SettingDefinition {
  /** Kafka's name where the meaning is Kafka's. */
  readonly name: string;
  /** Bounds are inclusive, as operators read them. */
  readonly type: ConfigType;
  /** For operators: what it does, and when to change it. */
  readonly doc: string;
  /** In the form of the properties file; absent: there is no value unless one is given. */
  readonly default?: string;
}

export type SettingValue = number | boolean | string | readonly string[];

/** A configuration that cannot be used. The message names the setting, where it stands, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError when the text is not such a value or out of bounds; `where` says where it was found */
export function parseSetting(definition: SettingDefinition, text: string, where: string): SettingValue {
  const wrong = (expected: string): ConfigError =>
    new ConfigError(`${definition.name} (${where}) must be ${expected}, not ${JSON.stringify(text)}`);
  const { type } = definition;
  switch (type.kind) {
    case 'integer': {
      const { min, max } = type;
      // A number beyond 2^53 stands for "without end".
      const value = integerValue(text);
      if (!/^-?\d{1,19}$/.test(text) || value < min || value > max) throw wrong(`a whole number from ${min} to ${max}`);
      return value;
    }
    case 'decimal': {
      const value = Number(text);
      const { min, max } = type;
      if (!/^\d+(\.\d+)?$/.test(text) || value < min || value > max) throw wrong(`a number from ${min} to ${max}`);
      return value;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong('true or false');
      return text === 'true';
    case 'text':
      if (text === '') throw wrong('a text; remove the setting to leave it out');
      return text;
    case 'choice':
      if (!type.values.includes(text)) throw wrong(`one of ${type.values.join(', ')}`);
      return text;
    case 'list': {
      const items = text.split(',').map((item) => item.trim());
      if (items.includes('')) throw wrong('a list like a,b,c');
      if (new Set(items).size !== items.length) throw wrong('a list that names nothing twice');
      const { values } = type;
      if (values && !items.every((item) => values.includes(item))) throw wrong(`a list of ${values.join(', ')}`);
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
