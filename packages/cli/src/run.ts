import { type Command, CommanderError } from 'commander';
import { EXIT, explain } from './cli-error.ts';
import { Context, type GlobalOptions } from './context.ts';
import { type CliIo, write } from './io.ts';
import { envelope, type JsonError } from './output/json.ts';
import { buildProgram } from './program.ts';

/**
 * Runs one command and returns the exit code. What is no known failure is a bug, and thrown.
 *
 * @param argv without the program's own name
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  let code: number = EXIT.done;
  const program = buildProgram(io, async (command, work) => {
    code = await runCommand(command, work, io);
  });
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong. Help that was asked for is no mistake; help in place of a missing verb is.
    if (error.exitCode === 0) return EXIT.done;
    if (program.opts<GlobalOptions>().output === 'json')
      await write(io.stdout, envelope('Error', [], [mistake(error)]));
    return EXIT.usage;
  }
}

function mistake({ code, message }: CommanderError): JsonError {
  const isVerbMissing = code === 'commander.help';
  return {
    code: 'USAGE',
    message: isVerbMissing ? 'a verb is missing' : message.replace(/^error: /, ''),
    hint: '--help',
  };
}

async function runCommand(command: Command, work: (context: Context) => Promise<number>, io: CliIo): Promise<number> {
  const context = new Context(io, command.optsWithGlobals<GlobalOptions>());
  try {
    return await work(context);
  } catch (error) {
    return await tell(context, error);
  } finally {
    await context.close();
  }
}

async function tell(context: Context, error: unknown): Promise<number> {
  const explained = explain(error);
  if (explained === undefined) throw error;
  await context.fail(explained);
  return explained.exitCode;
}
