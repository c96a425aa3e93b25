import { closeSync, existsSync, openSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandProcess, envelopeOf, moldau } from './support/command.ts';

/* Whatever is typed wrongly is exit code 2 and one line that names it, before anything is asked of a cluster. */

/** Nobody listens there: who gets so far ends with 5. */
const NOBODY = '127.0.0.1:1';

const commands: CommandProcess[] = [];
afterEach(async () => {
  for (const command of commands.splice(0)) await command.kill();
});

test.each([
  ['nope', "unknown command 'nope'"],
  ['topic nope', "unknown command 'nope'"],
  ['topic create', "missing required argument 'names'"],
  ['topic create a -p 0', 'It is a whole number of at least 1'],
  ['topic create a -r x', 'It is a whole number of at least 1'],
  ['topic create a -c nope', '"nope" is no setting'],
  ['topic list extra', "too many arguments for 'list'"],
  ['topic list --nope', "unknown option '--nope'"],
  ['topic describe', "missing required argument 'names'"],
  ['topic add-partitions a', "required option '--to <count>' not specified"],
  ['topic add-partitions a --to -1', 'It is a whole number of at least 1'],
  ['topic delete', "missing required argument 'names'"],
  ['topic config get', "missing required argument 'topic'"],
  ['topic config set a b', '"b" is no setting'],
  ['topic config unset a', "missing required argument 'settings'"],
  ['produce', "missing required argument 'topic'"],
  ['produce a --acks 2', 'acks are 0, 1 or all, not "2"'],
  ['produce a -k b -K :', '-k and -K exclude one another'],
  ['produce a --input nope', 'Allowed choices are lines, jsonl'],
  ['produce a -p -1', 'It is a whole number of at least 0'],
  ['produce a --header x', '"x" is no setting'],
  ['consume', "missing required argument 'topics'"],
  ['consume a -O nope', '"nope" is no place to begin at'],
  ['consume a -O @nope', '"nope" is no time'],
  ['consume a -n x', 'It is a whole number of at least 0'],
  ['consume a -p 0,x', 'It is a whole number of at least 0'],
  ['consume a -f %v -o jsonl', '-f and -o exclude one another'],
  ['consume a -o json', '-o json is one document and needs an end'],
  ['cluster info extra', "too many arguments for 'info'"],
  ['cluster health --nope', "unknown option '--nope'"],
  ['cluster quorum add --id x', 'It is a whole number of at least 0'],
  ['cluster quorum add --id 1', "required option '--directory <id>' not specified"],
  ['cluster quorum remove --id 1 --directory x', 'add -y'],
  ['broker list extra', "too many arguments for 'list'"],
  ['cluster health --watch -o json', '-o json is one document, and --watch goes on for ever'],
  ['cluster config set a', '"a" is no setting'],
  ['cluster config unset a', 'add -y'],
  ['leader elect', 'name partitions as TOPIC/PARTITION, or say --all'],
  ['help nope', "unknown command 'nope'"],
  ['debug dump-log', "missing required argument 'file'"],
  ['server --nope', "unknown option '--nope'"],
  ['dev up --brokers 0', 'It is a whole number of at least 1'],
  ['dev kill', "missing required argument 'node'"],
  ['dev status extra', "too many arguments for 'status'"],
  ['version extra', "too many arguments for 'version'"],
  ['version -o nope', 'Allowed choices are table, json, jsonl'],
  ['topic list --timeout nope', '"nope" is no length of time'],
  ['topic list -b nope', '"nope" is no address'],
])('moldau %s', async (line, message) => {
  const { code, err } = await moldau(['-b', NOBODY, ...line.split(' ')]);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test.each(['', 'config', 'nope'])('moldau topic %s shows what there is', async (verb) => {
  const { code, out, err } = await moldau(['topic', ...verb.split(' ').filter((word) => word !== '')]);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).not.toBe('');
});

describe('with -o json', () => {
  test.each(['topic list extra', 'topic create', 'topic', 'cluster nope', 'consume a', 'topic delete a --nope'])(
    'moldau %s: the mistake is a document',
    async (line) => {
      const said = await moldau(['-o', 'json', '-b', NOBODY, ...line.split(' ')]);
      expect(said.code).toBe(2);
      expect(envelopeOf(said)).toMatchObject({ kind: 'Error', items: [], errors: [{ code: 'USAGE' }] });
    },
  );
});

test.each(['packages/dev/src/failover/main.ts', 'packages/bench/src/main.ts'])(
  '%s --bogus is told with the usage, not with a stack',
  async (file) => {
    const command = new CommandProcess(['--bogus'], { file });
    commands.push(command);
    expect(await command.ended).toBe(2);
    expect(command.err).toMatch(/^error: Unknown option '--bogus'.*\n\nUsage: npm run /s);
    expect(command.err).not.toContain('    at ');
  },
);

test.skipIf(!existsSync('/dev/full'))('a disk that is full is told, not dumped', async () => {
  const stdout = openSync('/dev/full', 'w');
  const command = new CommandProcess(['help'], { stdout });
  commands.push(command);
  expect(await command.ended).toBe(1);
  closeSync(stdout);
  expect(command.err).toMatch(/^error: standard output cannot be written: ENOSPC[^\n]*\n$/);
});

test.each([
  ['--controllers', '2', '--controllers must be 1, 3 or 5, not 2'],
  ['--brokers', '99', '--brokers must be from 1 to 9, not 99'],
  ['--port', '70000', /--port must be from \d+ to \d+, not 70000/],
])('moldau dev up %s %s', async (option, value, message) => {
  const command = new CommandProcess(['dev', 'up', option, value, '--data', 'never-made']);
  commands.push(command);
  expect(await command.ended).toBe(2);
  expect(command.err).toMatch(message);
});
