import { readFile } from 'node:fs/promises';
import type { Context } from '../context.ts';

export async function version(context: Context): Promise<number> {
  const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: moldau } = JSON.parse(file) as { readonly version: string };
  return await context.show({
    kind: 'Version',
    items: [{ moldau, node: process.versions.node }],
    columns: [
      { header: 'MOLDAU', value: (item) => item.moldau },
      { header: 'NODE', value: (item) => item.node },
    ],
  });
}
