import { fileURLToPath } from 'node:url';
import type { ServerOptions } from './run-server.ts';

export { type NodeInfo, readNodeInfo } from './node-file.ts';
export type { ServerOptions } from './run-server.ts';

/** What to start, with Node directly, for a node in a process of its own: `node FILE --config node.properties`. */
export const SERVER_ENTRY_FILE: string = fileURLToPath(new URL('./main.ts', import.meta.url));

/**
 * Runs one node until it is asked to stop: SIGTERM, SIGINT, or the loss of its supervisor. Resolves with the exit code
 * for this process, which the caller should leave with it: 0 after a clean stop, 1 when it could not start or its stop
 * took too long. After a bug the process ends at once with 70, without coming back here.
 */
export async function runServer(options: ServerOptions): Promise<number> {
  // Loaded only now: the supervisor wants this package's names, not a broker.
  const server = await import('./run-server.ts');
  return await server.runServer(options);
}
