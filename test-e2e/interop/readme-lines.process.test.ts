import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { START_TIMEOUT_MS, until } from '../support/until.ts';
import { ClientProcess, type Command } from './client-process.ts';
import { type Installed, installClients, kcatIn, pythonIn } from './install.ts';
import { InteropCluster } from './interop-cluster.ts';

/* What the README tells users of Kafka clients to type does what it says: the lines are taken from there. */

const SECTION = '## Use any Kafka client';
/** The address that stands in the README, and the cluster of this test has others. */
const ADDRESS = '127.0.0.1:9092';

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const section = readme.slice(readme.indexOf(SECTION)).split('\n## ', 1)[0] ?? '';
const installed = await installClients();
let cluster: InteropCluster;

beforeAll(async () => {
  cluster = await InteropCluster.start();
}, START_TIMEOUT_MS);
afterAll(() => cluster.close());

function block(language: string): string {
  const [, code] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(section) ?? [];
  if (code === undefined) throw new Error(`the README has no ${language} there`);
  return code.replaceAll(ADDRESS, cluster.kafka.split(',')[0] ?? '');
}

/** Runs until it has said all this, and no longer: some of it goes on for ever. */
async function says(command: Command, expected: readonly string[]): Promise<void> {
  const said: string[] = [];
  const process = new ClientProcess(command, [], (line) => said.push(line));
  try {
    await until(`it says ${expected}`, () => {
      const { exitCode } = process.child;
      const isAllSaid = expected.every((line) => said.includes(line));
      if (exitCode !== null && !isAllSaid && exitCode !== 0) throw new Error(`it ended: ${said} ${process.complaints}`);
      return isAllSaid;
    });
  } finally {
    await process.kill();
  }
}

function folderOf(context: { skip(note: string): never }, from: Installed): string {
  return from.missing === undefined ? from.folder : context.skip(from.missing);
}

describe('the README', () => {
  test('kcat: writes, shows, reads, and is a member of a group', async (context) => {
    const { program, env } = kcatIn(folderOf(context, installed.debian));
    const shell = (line: string): Command => {
      const PATH = `${path.dirname(program)}:${process.env['PATH']}`;
      return { program: 'sh', first: ['-c', `exec 2>&1; ${line}`], env: { ...env, PATH } };
    };
    const [write = '', show = '', read = '', member = '', ...more] = block('sh')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(more).toEqual([]);
    await new ClientProcess(shell(write), []).finish();
    await says(shell(show), ['  topic "greetings" with 1 partitions:']);
    await says(shell(read), ['hello', '% Reached end of topic greetings [0] at offset 1: exiting']);
    await says(shell(`exec ${member}`), ['hello']);
  });

  test('Python: produces, and reads as a member of a group', async (context) => {
    const python = pythonIn(folderOf(context, installed.python));
    await says({ ...python, first: ['-c', block('python')] }, ['ahoj']);
  });

  test('JavaScript: produces, and reads as a member of a group', async (context) => {
    const file = path.join(folderOf(context, installed.npm), 'readme.mjs');
    writeFileSync(file, block('js'));
    await says({ program: execPath, first: [file], env: {} }, ['dobrý den']);
  });
});
