import { SETTING_DEFINITIONS } from './definitions.ts';
import { nearestName } from './nearest-name.ts';
import { parseProperties } from './properties.ts';
import { ConfigError, parseSetting, type SettingDefinition, Settings, type SettingValue } from './setting.ts';

/** Where settings come from; later ones win: file, then environment, then `--set`. */
export interface SettingSources {
  readonly file?: { readonly path: string; readonly text: string };
  /** Variables that begin with `MOLDAU_` are settings; others are not looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `name=value` each. */
  readonly sets: readonly string[];
}

interface Given {
  readonly text: string;
  readonly where: string;
}

const ENV_PREFIX = 'MOLDAU_';

/** Variables of the command line tool, which a server's environment may well carry. */
const ENV_OF_OTHERS: ReadonlySet<string> = new Set(['MOLDAU_BOOTSTRAP_SERVER']);

const BY_NAME: ReadonlyMap<string, SettingDefinition> = new Map(SETTING_DEFINITIONS.map((one) => [one.name, one]));
const BY_VARIABLE: ReadonlyMap<string, string> = new Map(
  SETTING_DEFINITIONS.map(({ name }) => [environmentVariable(name), name]),
);

/** `node.id` is MOLDAU_NODE_ID in the environment. */
function environmentVariable(name: string): string {
  return ENV_PREFIX + name.toUpperCase().replaceAll('.', '_');
}

/**
 * Merges the sources and checks each value by its definition. All that is wrong is told at once. `warnings` name the
 * settings that came from two places with different values (KIP-1137): the one that lost is easily taken for the truth.
 *
 * @throws ConfigError for unknown names and bad values
 */
export function readSettings(sources: SettingSources): { settings: Settings; warnings: string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  const given = new Map<string, Given>();
  const give = (name: string, text: string, where: string): void => {
    const before = given.get(name);
    if (before && before.text !== text) {
      warnings.push(`${name} is set twice: ${where} (${text}) wins over ${before.where} (${before.text})`);
    }
    given.set(name, { text, where });
  };
  for (const source of [fileEntries(sources), environmentEntries(sources), setEntries(sources)]) {
    const seen = new Map<string, string>();
    for (const { name, text, where } of source) {
      const twice = seen.get(name);
      if (!BY_NAME.has(name)) problems.push(unknownSetting(name, where));
      else if (twice !== undefined) problems.push(`${name} stands twice: ${twice} and ${where}. Keep one`);
      else give(name, text, where);
      seen.set(name, where);
    }
  }
  const values = new Map<string, SettingValue>();
  for (const definition of SETTING_DEFINITIONS) {
    const entry = given.get(definition.name);
    const text = entry?.text ?? definition.default;
    if (text === undefined) continue;
    try {
      values.set(definition.name, parseSetting(definition, text, entry?.where ?? 'default'));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return { settings: new Settings(values, new Map([...given].map(([name, { text }]) => [name, text]))), warnings };
}

interface Entry extends Given {
  readonly name: string;
}

function fileEntries({ file }: SettingSources): Entry[] {
  if (!file) return [];
  return parseProperties(file.text, file.path).map(({ name, value, line }) => ({
    name,
    text: value,
    where: `${file.path}:${line}`,
  }));
}

function environmentEntries({ env }: SettingSources): Entry[] {
  const entries: Entry[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || ENV_OF_OTHERS.has(variable) || text === undefined) continue;
    const name = BY_VARIABLE.get(variable) ?? variable.slice(ENV_PREFIX.length).toLowerCase().replaceAll('_', '.');
    entries.push({ name, text, where: `environment ${variable}` });
  }
  return entries;
}

function setEntries({ sets }: SettingSources): Entry[] {
  return sets.map((set) => {
    const equals = set.indexOf('=');
    if (equals < 1) throw new ConfigError(`--set wants name=value, not ${JSON.stringify(set)}`);
    return { name: set.slice(0, equals), text: set.slice(equals + 1), where: '--set' };
  });
}

function unknownSetting(name: string, where: string): string {
  const near = nearestName(name, BY_NAME.keys());
  const hint = near ? `Did you mean ${near}?` : 'Settings stand in docs/guide/operate.md';
  return `${name} (${where}) is not a setting of Moldau. ${hint}`;
}
