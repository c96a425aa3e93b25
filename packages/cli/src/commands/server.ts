import { runServer } from '@moldau/server';
import { CliError, EXIT } from '../cli-error.ts';
import type { Context } from '../context.ts';

export interface ServerCommandOptions {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Runs a node in this process until it is stopped; it takes signals itself. @throws CliError when it cannot start */
export async function serve(context: Context, { config, set = [] }: ServerCommandOptions): Promise<number> {
  let refusal: string | undefined;
  const code = await runServer({
    ...(config !== undefined && { configFile: config }),
    sets: set,
    env: context.io.env,
    onRefused: (message) => {
      refusal = message;
    },
  });
  if (refusal !== undefined) throw new CliError('FAILED', refusal, { exitCode: EXIT.someFailed });
  await context.showNothing('ServerRun');
  return code;
}
