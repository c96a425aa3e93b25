import { readFileSync } from 'node:fs';
import type { Context } from '../context.ts';

/** Of this checkout. */
export function packageVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { readonly version: string }).version;
}

export async function version(context: Context): Promise<number> {
  return await context.show({
    kind: 'Version',
    items: [{ moldau: packageVersion(), node: process.versions.node }],
    columns: [
      { header: 'MOLDAU', value: (item) => item.moldau },
      { header: 'NODE', value: (item) => item.node },
    ],
  });
}
