// biome-ignore lint/style/noRestrictedImports: the command line is read by its entry alone
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from '../options.ts';
import { PLANTED_CASES } from '../planted/table.ts';
import type { PlantedBug } from '../world/nodes.ts';

/** What `npm run sim` is asked to do. */
export interface Command {
  readonly kind: 'seed' | 'seeds' | 'minutes' | 'planted' | 'table' | 'ci';
  readonly seedStart: number;
  /** Behind the last. */
  readonly seedEnd: number;
  readonly minutes: number;
  readonly only: readonly FaultKind[] | undefined;
  readonly planted: PlantedBug | undefined;
  readonly trace: boolean;
}

/** A command line that asks for nothing that can be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const USAGE = `usage: npm run sim -- one of
  --seed N [--trace]     one seed; with --trace all that its nodes logged
  --seeds A..B           from A to B
  --minutes M            fresh random seeds for so long
  --planted BUG          seeds, at most 1,000, until the planted bug is caught
  --table [--seeds A..B] every planted bug, by these seeds; writes docs/internals/simulation-table.md
  --ci                   a fixed set of seeds and fresh ones, in under a minute
and  --only KIND[,KIND]  only these kinds of faults: ${FAULT_KINDS.join(', ')}
     --planted BUG       with --seed or --seeds: with this bug switched on`;

const SEEDS_MAX_PLANTED = 1_000;
const MINUTES_DEFAULT = 1;

/** @throws UsageError */
export function parseCommand(args: readonly string[]): Command {
  const { values } = parse(args);
  const { seed, seeds, minutes, planted, table = false, ci = false, trace = false, only } = values;
  const range = seeds === undefined ? undefined : /^(\d+)\.\.(\d+)$/.exec(seeds);
  if (seeds !== undefined && range == null) throw new UsageError(`--seeds takes A..B, not ${seeds}`);
  const common = { only: only === undefined ? undefined : faultKinds(only), planted: bug(planted), trace };
  const command = (
    kind: Command['kind'],
    seedStart: number,
    seedEnd: number,
    minutesMax = MINUTES_DEFAULT,
  ): Command => ({
    kind,
    seedStart,
    seedEnd,
    minutes: minutesMax,
    ...common,
  });
  if (seed !== undefined) return command('seed', wholeNumber('seed', seed), wholeNumber('seed', seed) + 1);
  if (table) return command('table', Number(range?.[1] ?? 1), Number(range?.[2] ?? SEEDS_MAX_PLANTED) + 1);
  if (range != null) return command('seeds', Number(range[1]), Number(range[2]) + 1);
  if (minutes !== undefined) return command('minutes', 0, Number.MAX_SAFE_INTEGER, positive('minutes', minutes));
  if (ci) return command('ci', 1, Number.MAX_SAFE_INTEGER);
  if (planted !== undefined) return command('planted', 1, 1 + SEEDS_MAX_PLANTED);
  throw new UsageError(USAGE);
}

type Values = Readonly<
  Partial<Record<'seed' | 'seeds' | 'minutes' | 'planted' | 'only', string> & Record<'table' | 'ci' | 'trace', boolean>>
>;

function parse(args: readonly string[]): { readonly values: Values } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    seed: text,
    seeds: text,
    minutes: text,
    planted: text,
    only: text,
    table: flag,
    ci: flag,
    trace: flag,
  };
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new UsageError(`--${name} takes a whole number, not ${value}`);
  return Number(value);
}

function positive(name: string, value: string): number {
  if (!(Number(value) > 0)) throw new UsageError(`--${name} takes a number above 0, not ${value}`);
  return Number(value);
}

function bug(name: string | undefined): PlantedBug | undefined {
  if (name === undefined) return undefined;
  const known = PLANTED_CASES.find((planted) => planted.bug === name);
  if (known !== undefined) return known.bug;
  throw new UsageError(`no bug ${name}; there are ${PLANTED_CASES.map((planted) => planted.bug).join(', ')}`);
}

function faultKinds(names: string): FaultKind[] {
  return names.split(',').map((name) => {
    const known = FAULT_KINDS.find((kind) => kind === name);
    if (known === undefined) throw new UsageError(`no faults ${name}; there are ${FAULT_KINDS.join(', ')}`);
    return known;
  });
}
