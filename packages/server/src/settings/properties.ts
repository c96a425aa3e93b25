import { ConfigError } from './setting.ts';

/** One `name=value` and the line it began on (from 1). */
export interface Property {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/**
 * Reads the text of a properties file: `name=value` on each line, `#` or `!` begins a comment line, a `\` at the end
 * of a line continues it.
 *
 * @throws ConfigError for a line without `=`
 */
export function parseProperties(text: string, file: string): Property[] {
  const properties: Property[] = [];
  let pending = '';
  let begunAt = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (pending === '') {
      if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
      begunAt = index + 1;
    }
    if (line.endsWith('\\')) {
      pending += line.slice(0, -1);
      continue;
    }
    properties.push(splitProperty(pending + line, `${file}:${begunAt}`, begunAt));
    pending = '';
  }
  if (pending !== '') throw new ConfigError(`${file}:${begunAt} ends with a "\\" that continues nothing`);
  return properties;
}

function splitProperty(text: string, where: string, line: number): Property {
  const equals = text.indexOf('=');
  if (equals < 1) throw new ConfigError(`${where} must be a line like name=value, not ${JSON.stringify(text)}`);
  return { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim(), line };
}
