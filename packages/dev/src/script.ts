/**
 * The programs behind `npm run failover` and `npm run bench`: options in, exit code out. What was typed wrongly ends with
 * the usage, an obstacle with its message, and only a bug with a stack.
 */
import { DevError, DevUsageError } from './supervisor/cluster-plan.ts';

export interface Script<T> {
  /** For --help. */
  readonly usage: string;
  /** @throws DevUsageError, or what parseArgs throws */
  read(argv: string[]): T;
  /** Resolves with the exit code. @throws DevError */
  run(options: T): Promise<number>;
}

const EXIT_CODE_FAILED = 1;
const EXIT_CODE_USAGE = 2;

/** Runs it with the arguments of this process, and ends the process. */
export async function runScript<T>({ usage, read, run }: Script<T>): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    process.exit(await run(read(argv)));
  } catch (error) {
    const isMistake = error instanceof DevUsageError || isParseError(error);
    if (!isMistake && !(error instanceof DevError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    if (error instanceof DevError && error.hint !== '') process.stderr.write(`  try: ${error.hint}\n`);
    if (isMistake) process.stderr.write(`\n${usage}`);
    process.exit(isMistake ? EXIT_CODE_USAGE : EXIT_CODE_FAILED);
  }
}

/** A whole number as it was typed behind an option. @throws DevUsageError */
export function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new DevUsageError(`${option} is a whole number of at least ${least}, not ${JSON.stringify(text)}`);
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}
