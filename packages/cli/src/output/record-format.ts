import type { Message } from '@moldau/client';
import { usageError } from '../cli-error.ts';
import { textOfBytes } from './record-json.ts';
import { timeText } from './time-text.ts';

/** What a verb of the format shows of a record. */
const VERBS: Readonly<Record<string, (message: Message) => string | Uint8Array>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  k: ({ key }) => key ?? '',
  v: ({ value }) => value ?? '',
  h: ({ headers }) => headers.map(({ name, value }) => `${name}=${textOfBytes(value)}`).join(','),
  d: ({ timestamp }) => timeText(timestamp),
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' };

/** For help: what the letters mean. */
export const FORMAT_HELP =
  '%t topic, %p partition, %o offset, %k key, %v value, %h headers, %d time, %% a percent sign; \\n and \\t. Nothing is added at the end';

/** Makes bytes of a record by a printf-like format. Keys and values are written as they are. @throws CliError */
export function recordFormat(format: string): (message: Message) => Uint8Array {
  const parts: (string | ((message: Message) => string | Uint8Array))[] = [];
  for (const [token, escaped, verb] of format.matchAll(/\\(.)|%(.?)|[^\\%]+|\\$/gsu)) {
    if (escaped !== undefined) parts.push(ESCAPES[escaped] ?? token);
    else if (verb === '%') parts.push('%');
    else if (verb === undefined) parts.push(token);
    else {
      const show = VERBS[verb];
      if (show === undefined) throw usageError(`the format knows no ${token}`, FORMAT_HELP);
      parts.push(show);
    }
  }
  return (message) => Buffer.concat(parts.map((part) => bytesOf(typeof part === 'string' ? part : part(message))));
}

function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === 'string' ? Buffer.from(part) : part;
}
