import { statSync } from 'node:fs';
import { DevError, DevUsageError } from './cluster-plan.ts';

/** Where a local cluster keeps its files unless told otherwise. */
export const DATA_DEFAULT = '.moldau';

/** @throws DevError for what can hold no cluster; that it is not there yet is no obstacle */
export function checkDataDirectory(data: string): void {
  const hint = 'name a directory with --data DIR, or leave the option out';
  if (data === '') throw new DevUsageError('--data names nothing', { hint });
  if (statSync(data, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new DevError(`${data} is no directory`, { hint });
}

/** What a printed command needs behind it to mean this directory: nothing, or ` --data DIR`. */
export function dataOption(data: string): string {
  if (data === DATA_DEFAULT) return '';
  return ` --data ${/^[\w@%+=:,./-]+$/.test(data) ? data : `'${data.replaceAll("'", `'\\''`)}'`}`;
}
