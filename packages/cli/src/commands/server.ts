import { runServer } from '@moldau/server';
import type { CliIo } from '../io.ts';

export interface ServerCommandOptions {
  readonly config?: string;
  readonly set: readonly string[];
}

/** Runs a node in this process until it is stopped; it takes signals itself. */
export function serve(io: CliIo, { config, set }: ServerCommandOptions): Promise<number> {
  return runServer({ ...(config !== undefined && { configFile: config }), sets: set, env: io.env, stderr: io.stderr });
}
