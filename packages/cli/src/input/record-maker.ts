import type { ProducerRecord } from '@moldau/client';
import { usageError } from '../cli-error.ts';
import { recordOfJson } from '../output/record-json.ts';
import { settings } from './settings.ts';

/** What a line of `produce` is, as typed. */
export interface RecordOptions {
  readonly input: 'lines' | 'jsonl';
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: readonly string[];
  readonly partition?: number;
}

/** Makes records of lines. Each throws CliError for a line that is none. @throws CliError for options that contradict */
export function recordMaker(options: RecordOptions): (line: Uint8Array) => ProducerRecord {
  const { input, key, keySeparator, header = [], partition } = options;
  if (key !== undefined && keySeparator !== undefined) throw usageError('-k and -K exclude one another');
  if (input === 'jsonl' && keySeparator !== undefined) throw usageError('with --input jsonl the key is in the line');
  const headers = settings(header).map(([name, value]) => ({ name, value: Buffer.from(value) }));
  const fixedKey = key === undefined ? undefined : Buffer.from(key);
  if (input === 'jsonl') {
    return (line) => {
      const record = recordOfJson(Buffer.from(line).toString());
      return { ...record, key: fixedKey ?? record.key, headers: [...record.headers, ...headers], partition };
    };
  }
  if (keySeparator === undefined) return (line) => ({ key: fixedKey, value: line, headers, partition });
  return (line) => {
    const at = Buffer.from(line).indexOf(keySeparator);
    if (at < 0) throw usageError(`there is no ${JSON.stringify(keySeparator)} between key and value`);
    const valueAt = at + Buffer.byteLength(keySeparator);
    return { key: line.subarray(0, at), value: line.subarray(valueAt), headers, partition };
  };
}
