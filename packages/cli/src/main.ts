#!/usr/bin/env node
import { fstatSync } from 'node:fs';
import { EXIT } from './cli-error.ts';
import { run } from './run.ts';

const interrupt = new AbortController();
let interruptedCode: number = EXIT.interrupted;

/** The first Ctrl-C asks the command to end, the second one ends the process. */
function onInterrupt(signal: NodeJS.Signals): void {
  if (interrupt.signal.aborted) process.exit(interruptedCode);
  if (signal === 'SIGTERM') interruptedCode = EXIT.terminated;
  interrupt.abort();
}

let listening = false;

function interrupted(): AbortSignal {
  if (!listening) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onInterrupt);
  listening = true;
  return interrupt.signal;
}

function onOutputError(stream: string, error: NodeJS.ErrnoException): void {
  // `moldau consume t | head`: the reader has what it wanted.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  if (stream === 'stdout') process.stderr.write(`error: standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.someFailed);
}
process.stdout.on('error', (error) => onOutputError('stdout', error));
process.stderr.on('error', (error) => onOutputError('stderr', error));

function inputBytes(): number | undefined {
  const found = fstatSync(0);
  return found.isFile() ? found.size : undefined;
}

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  directory: process.cwd(),
  inputBytes,
  nowMs: () => performance.now(),
  interrupted,
  createClient: async (options) => (await import('@moldau/client')).createClient(options),
});
// A pipe takes its bytes later: what was written goes out before the process does.
process.stdout.write('', (error) => {
  // The first failure of the stream, which may not have been told yet: this one only says that it is closed.
  if (error) onOutputError('stdout', process.stdout.errored ?? error);
  process.exit(code === EXIT.interrupted ? interruptedCode : code);
});
