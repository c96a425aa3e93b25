#!/usr/bin/env node
import { EXIT } from './cli-error.ts';
import { run } from './run.ts';

const interrupt = new AbortController();

/** The first Ctrl-C asks the command to end, the second one ends the process. */
function onInterrupt(): void {
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort();
}

let listening = false;

function interrupted(): AbortSignal {
  if (!listening) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onInterrupt);
  listening = true;
  return interrupt.signal;
}

// `moldau consume t | head`: the reader has what it wanted.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.done);
  });
}

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  directory: process.cwd(),
  interrupted,
  createClient: async (options) => (await import('@moldau/client')).createClient(options),
});
// A pipe takes its bytes later: what was written goes out before the process does.
process.stdout.write('', () => process.exit(code));
