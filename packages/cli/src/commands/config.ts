import type { ConfigTarget } from '@moldau/client';
import { usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';

/** How a target is named to people, and after `npx moldau`. */
function wordsOf({ type, name }: ConfigTarget): { readonly subject: string; readonly command: string } {
  return type === 'cluster'
    ? { subject: 'the cluster', command: 'cluster config get' }
    : { subject: `a ${type}`, command: `${type} config get ${name}` };
}

export async function getConfig(context: Context, target: ConfigTarget, wanted: readonly string[]): Promise<number> {
  const admin = await context.admin();
  const [described] = await admin.describeConfigs([target], context.call);
  const entries = described?.entries ?? [];
  const unknown = wanted.find((setting) => !entries.some((entry) => entry.name === setting));
  if (unknown !== undefined) {
    const { subject, command } = wordsOf(target);
    throw usageError(`${subject} has no setting ${unknown}`, `npx moldau ${command}`);
  }
  return await context.show({
    kind: 'ConfigList',
    items: entries.filter((entry) => wanted.length === 0 || wanted.includes(entry.name)),
    columns: [
      { header: 'NAME', value: (entry) => entry.name },
      { header: 'VALUE', value: (entry) => entry.value },
      { header: 'SOURCE', value: (entry) => entry.source },
    ],
  });
}

/** Sets, or with `undefined` puts back to its default, each setting. All of them, or none. */
export async function changeConfig(
  context: Context,
  target: ConfigTarget,
  changes: readonly (readonly [setting: string, value: string | undefined])[],
): Promise<number> {
  const validateOnly = context.options.dryRun ?? false;
  const unset = changes.filter(([, value]) => value === undefined).map(([setting]) => setting);
  // A value of the cluster is that of every topic and broker without one of its own.
  if (target.type === 'cluster' && unset.length > 0 && !validateOnly)
    await context.confirm(`this puts ${unset.join(', ')} of the whole cluster back to the default`);
  const admin = await context.admin();
  const alterations = changes.map(([setting, value]) => ({ ...target, setting, value }));
  await admin.alterConfigs(alterations, { ...context.call, validateOnly });
  if (validateOnly) context.note('nothing was changed: --dry-run');
  return await context.show({
    kind: 'ConfigChangeList',
    items: changes.map(([setting, value]) => ({ name: setting, value: value ?? null })),
    columns: [
      { header: 'NAME', value: (change) => change.name },
      { header: 'VALUE', value: (change) => change.value ?? '(default)' },
    ],
  });
}
