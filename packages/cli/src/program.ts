import type { ConfigTarget } from '@moldau/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { packageVersion } from './commands/version.ts';
import type { Context } from './context.ts';
import { OFFSET_HELP } from './input/start-offset.ts';
import type { CliIo } from './io.ts';
import { FORMAT_HELP } from './output/record-format.ts';

/** Runs a command's work with a context of its own, and keeps its exit code. */
export type Act = (command: Command, work: (context: Context) => Promise<number>) => Promise<void>;

/**
 * The tree of commands: nouns first, then verbs. What a command does is imported when it runs, so that help and mistakes
 * are answered at once.
 */
export function buildProgram(io: CliIo, act: Act): Command {
  const program = new Command('moldau')
    .description('Moldau: an event-streaming platform')
    .option(
      '-b, --bootstrap-server <addresses>',
      'brokers to ask first, HOST:PORT,... (env MOLDAU_BOOTSTRAP_SERVER; default: the local cluster)',
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'jsonl']).default('table'))
    .option('--no-headers', 'tables without their first line')
    .option('--timeout <duration>', 'how long calls may take', '30s')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'say what would be done, change nothing')
    .option('-q, --quiet', 'no remarks on stderr')
    .option('-v, --verbose', 'log what the client does; twice for more', (_, count: number) => count + 1, 0)
    .option('--no-color', 'no color (also env NO_COLOR)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: (text) => void io.stderr.write(text) })
    .version(packageVersion(), '-V, --version', 'the version of this checkout')
    .helpCommand(false)
    .exitOverride();
  program
    .command('help [commands...]')
    .description('what a command does: help topic create')
    .action((names: string[]) => commandOf(program, names).outputHelp());
  addTopic(program, act);
  addRecords(program, act);
  addGroup(program, act);
  addCluster(program, act);
  addLeader(program, act);
  addReassign(program, act);
  addDebug(program, act);
  addServer(program, act);
  addDev(program, act);
  program
    .command('version')
    .description('the version of this checkout')
    .action((_, command: Command) =>
      act(command, async (context) => (await import('./commands/version.ts')).version(context)),
    );
  return program;
}

function addTopic(program: Command, act: Act): void {
  const load = () => import('./commands/topic.ts');
  const topic = program.command('topic').description('topics and their settings');
  topic
    .command('create <names...>')
    .description('create topics')
    .option('-p, --partitions <count>', "default: the cluster's num.partitions", integer(1))
    .option('-r, --replication-factor <count>', "default: the cluster's default.replication.factor", integer(1))
    .option('-c, --config <name=value>', 'a setting; repeatable', collect)
    .action((names: string[], options, command: Command) =>
      act(command, async (context) => (await load()).createTopics(context, names, options)),
    );
  topic
    .command('list')
    .description('all topics')
    .action((_, command: Command) => act(command, async (context) => (await load()).listTopics(context)));
  topic
    .command('describe <names...>')
    .description('partitions: leaders, replicas, offsets')
    .action((names: string[], _, command: Command) =>
      act(command, async (context) => (await load()).describeTopics(context, names)),
    );
  topic
    .command('add-partitions <name>')
    .description('grow a topic; keys may go to other partitions from then on')
    .requiredOption('--to <count>', 'the new total', integer(1))
    .action((name: string, options: { to: number }, command: Command) =>
      act(command, async (context) => (await load()).addPartitions(context, name, options.to)),
    );
  topic
    .command('delete-records <name>')
    .description('delete the oldest records of a topic')
    .requiredOption('--before <place>', `the first that stays: ${OFFSET_HELP}`)
    .option('-p, --partitions <numbers>', 'such as 0,2; default: all', integers)
    .action((name: string, options, command: Command) =>
      act(command, async (context) =>
        (await import('./commands/delete-records.ts')).deleteRecords(context, name, options),
      ),
    );
  topic
    .command('delete <names...>')
    .description('delete topics with all their records')
    .action((names: string[], _, command: Command) =>
      act(command, async (context) => (await load()).deleteTopics(context, names)),
    );
  addConfig(topic, act, 'topic');
}

/** `config get|set|unset` of a noun; the cluster has no name. */
function addConfig(noun: Command, act: Act, type: ConfigTarget['type']): void {
  const load = () => import('./commands/config.ts');
  const config = noun.command('config').description(type === 'cluster' ? 'settings of all' : `settings of a ${type}`);
  const target = type === 'cluster' ? '' : type === 'broker' ? '<id> ' : '<topic> ';
  const action = (work: (context: Context, target: ConfigTarget, rest: readonly string[]) => Promise<number>) =>
    function (this: Command): Promise<void> {
      const [name = '', ...rest] = type === 'cluster' ? ['', ...this.args] : this.args;
      return act(this, (context) => work(context, { type, name }, rest));
    };
  config
    .command(`get ${target}[settings...]`)
    .description('settings: values and sources')
    .action(action(async (context, of, wanted) => (await load()).getConfig(context, of, wanted)));
  config
    .command(`set ${target}<name=value...>`)
    .description('change settings, all of them or none')
    .action(
      action(async (context, of, texts) => {
        const { settings } = await import('./input/settings.ts');
        return (await load()).changeConfig(context, of, settings(texts));
      }),
    );
  config
    .command(`unset ${target}<settings...>`)
    .description('put settings back to their defaults')
    .action(
      action(async (context, of, names) => {
        const changes = names.map((each) => [each, undefined] as const);
        return (await load()).changeConfig(context, of, changes);
      }),
    );
}

function addRecords(program: Command, act: Act): void {
  program
    .command('produce <topic>')
    .description('send each line of standard input as a record')
    .addOption(new Option('--input <kind>', 'what a line is').choices(['lines', 'jsonl']).default('lines'))
    .option('-k, --key <key>', 'one key for all records')
    .option('-K, --key-separator <text>', 'a line is KEY, this text, VALUE')
    .option('--header <name=value>', 'a header for all records; repeatable', collect)
    .option('--acks <acks>', '0, 1 or all', 'all')
    .addOption(
      new Option('--compression <codec>', 'of each batch')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .option('-p, --partition <number>', 'default: by the key, or without a key any', integer(0))
    .action((topic: string, options, command: Command) =>
      act(command, async (context) => (await import('./commands/produce.ts')).produce(context, topic, options)),
    );
  program
    .command('consume <topics...>')
    .description('print records as they come; with -o jsonl as produce --input jsonl reads them')
    .option('-O, --offset <place>', OFFSET_HELP, 'start')
    .option('-n, --count <count>', 'stop after so many records', integer(0))
    .option('-p, --partitions <numbers>', 'such as 0,2; default: all', integers)
    .option('--until-end', 'stop at what is the end now')
    .option('-f, --format <format>', FORMAT_HELP)
    .option('-g, --group <group>', 'as a member of this group: go on where it was, commit what was printed')
    .action((topics: string[], options, command: Command) =>
      act(command, async (context) => (await import('./commands/consume.ts')).consume(context, topics, options)),
    );
}

function addGroup(program: Command, act: Act): void {
  const load = () => import('./commands/group.ts');
  const group = program.command('group').description('groups of consumers, and how far they are');
  group
    .command('list')
    .description('all groups')
    .action((_, command: Command) => act(command, async (context) => (await load()).listGroups(context)));
  group
    .command('describe <groups...>')
    .description('what they have committed, how far behind they are, and who reads what')
    .option('--members', 'the members instead')
    .action((groups: string[], options: { members?: boolean }, command: Command) =>
      act(command, async (context) => (await load()).describeGroups(context, groups, options)),
    );
  group
    .command('seek <group>')
    .description('move an empty group elsewhere: shows from where to where, then asks')
    .option('--to <place>', OFFSET_HELP)
    .option('--shift-by <count>', 'so many records forward, or back with -', signedInteger)
    .option('--to-group <group>', 'where that group is')
    .option('--to-file <file>', 'lines of TOPIC PARTITION OFFSET')
    .option('--topics <topic[:partitions]>', 'such as a or a:0,1; repeatable; default: what it has committed', collect)
    .action((name: string, options, command: Command) =>
      act(command, async (context) => (await import('./commands/group-seek.ts')).seekGroup(context, name, options)),
    );
  group
    .command('delete <groups...>')
    .description('delete empty groups with all that they have committed')
    .action((groups: string[], _, command: Command) =>
      act(command, async (context) => (await load()).deleteGroups(context, groups)),
    );
}

function addCluster(program: Command, act: Act): void {
  const load = () => import('./commands/cluster.ts');
  const cluster = program.command('cluster').description('the cluster as a whole');
  cluster
    .command('info')
    .description('its id and what is in it')
    .action((_, command: Command) => act(command, async (context) => (await load()).clusterInfo(context)));
  cluster
    .command('health')
    .description('what is wrong; exit code 3 when something is')
    .option('--watch', 'go on, and print when something changes')
    .action((options: { watch?: boolean }, command: Command) =>
      act(command, async (context) => (await load()).clusterHealth(context, options)),
    );
  const quorum = cluster
    .command('quorum')
    .description('the controllers, and who of them votes')
    .action((_, command: Command) => act(command, async (context) => (await load()).describeQuorum(context)));
  quorum
    .command('add')
    .description('give a running controller a vote')
    .requiredOption('--id <id>', 'node id', integer(0))
    .requiredOption('--directory <id>', 'id of its metadata directory: a wiped disk is another voter')
    .requiredOption('--address <host:port>', 'where controllers reach it')
    .action((options, command: Command) => act(command, async (context) => (await load()).addVoter(context, options)));
  quorum
    .command('remove')
    .description('take the vote from a controller')
    .requiredOption('--id <id>', 'node id', integer(0))
    .requiredOption('--directory <id>', 'id of its metadata directory')
    .action((options, command: Command) =>
      act(command, async (context) => (await load()).removeVoter(context, options)),
    );
  addConfig(cluster, act, 'cluster');
  const broker = program.command('broker').description('brokers');
  broker
    .command('list')
    .description('all brokers')
    .action((_, command: Command) => act(command, async (context) => (await load()).listBrokers(context)));
  broker
    .command('drain')
    .argument('<id>', 'of the broker', integer(0))
    .description('move all replicas off a broker: shows which and where to, then asks; new topics may still come to it')
    .option('--wait', WAIT_HELP)
    .action((id: number, options: { wait?: boolean }, command: Command) =>
      act(command, async (context) => (await import('./commands/reassign.ts')).drainBroker(context, id, options)),
    );
  addConfig(broker, act, 'broker');
}

function addLeader(program: Command, act: Act): void {
  program
    .command('leader')
    .description('who leads partitions')
    .command('elect [partitions...]')
    .description('give TOPIC or TOPIC/PARTITION back to the preferred leader (the first replica)')
    .option('--all', 'all partitions of the cluster')
    .option('--unclean', 'take a replica that lacks records where no other is left: they are lost, so it asks first')
    .action((names: string[], options, command: Command) =>
      act(command, async (context) => (await import('./commands/leader.ts')).electLeaders(context, names, options)),
    );
}

const WAIT_HELP = 'until all have moved; Ctrl-C ends the waiting, not the moves';

function addReassign(program: Command, act: Act): void {
  const load = () => import('./commands/reassign.ts');
  const noun = program.command('reassign').description('moves of replicas to other brokers');
  noun
    .command('apply <partitions...>')
    .description(
      'move TOPIC or TOPIC/PARTITION, by default so that it is even over all brokers: shows the plan, then asks',
    )
    .option('--brokers <ids>', 'such as 1,2,4: these have it, and no others', integers)
    .option('-r, --replication-factor <count>', 'default: as it is', integer(1))
    .option('--replicas <ids>', 'exactly these for each partition, the preferred leader first', integers)
    .option('--wait', WAIT_HELP)
    .action((names: string[], options, command: Command) =>
      act(command, async (context) => (await load()).reassign(context, names, options)),
    );
  noun
    .command('status [topics...]')
    .description('moves that are under way: of these topics, or all')
    .action((names: string[], _, command: Command) =>
      act(command, async (context) => (await load()).reassignStatus(context, names)),
    );
  noun
    .command('cancel [partitions...]')
    .description('call moves of TOPIC or TOPIC/PARTITION off: they stay where they were')
    .option('--all', 'all that are under way')
    .action((names: string[], options: { all?: boolean }, command: Command) =>
      act(command, async (context) => (await load()).cancelReassignments(context, names, options)),
    );
}

function addDebug(program: Command, act: Act): void {
  program
    .command('debug')
    .description('for the developers of Moldau')
    .command('dump-log <file>')
    .description("a segment's batches, read without a server")
    .option('--records', 'the records instead')
    .action((file: string, options: { records?: boolean }, command: Command) =>
      act(command, async (context) => (await import('./commands/dump-log.ts')).dumpLog(context, file, options)),
    );
}

function addServer(program: Command, act: Act): void {
  program
    .command('server')
    .description('run a node: broker, controller or both')
    .option('--config <file>', 'properties file')
    .option('--set <name=value>', 'a setting, over file and environment; repeatable', collect)
    .action((options, command: Command) =>
      act(command, async (context) => (await import('./commands/server.ts')).serve(context, options)),
    );
}

function addDev(program: Command, act: Act): void {
  const load = () => import('./commands/dev.ts');
  const data = (): Option => new Option('--data <directory>', 'of the cluster; default .moldau');
  const dev = program.command('dev').description('a local cluster, to try things on');
  dev
    .command('up')
    .description('start it and keep it until Ctrl-C; npm start does the same')
    .addOption(data())
    .option('--brokers <count>', 'default 3', integer(1))
    .option('--controllers <count>', 'default 3', integer(1))
    .option('--port <port>', 'first of the ports; 0: any that are free', integer(0))
    .option('--kafka-ports <ports>', 'for Kafka clients, one for each broker; default 9092,9093,9094')
    .option('--set <name=value>', 'a setting of every node; repeatable', collect, [])
    .option('--restart', 'start killed nodes again')
    .option('--no-example', 'without the trading example')
    .action((options, command: Command) => act(command, async (context) => (await load()).up(context, options)));
  for (const [action, description] of [
    ['down', 'stop it, from another shell'],
    ['status', 'its nodes'],
  ] as const) {
    dev
      .command(action)
      .description(description)
      .addOption(data())
      .action((options: { data?: string }, command: Command) =>
        act(command, async (context) => (await load()).control(context, action, options)),
      );
  }
  for (const [action, description] of [
    ['kill', 'end a node with kill -9'],
    ['stop', 'stop a node cleanly'],
    ['start', 'start a node that was killed or stopped'],
  ] as const) {
    dev
      .command(`${action} <node>`)
      .description(description)
      .addOption(data())
      .action((node: string, options: { data?: string }, command: Command) =>
        act(command, async (context) => (await load()).control(context, action, { ...options, node })),
      );
  }
}

/** @throws CommanderError for a name that is none */
function commandOf(program: Command, names: readonly string[]): Command {
  let found = program;
  for (const name of names) {
    const next = found.commands.find((each) => each.name() === name);
    if (next === undefined)
      return found.error(`error: unknown command '${name}'`, { code: 'commander.unknownCommand' });
    found = next;
  }
  return found;
}

function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It is a whole number of at least ${least}.`);
  };
}

function signedInteger(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('It is a whole number.');
}

function integers(text: string): readonly number[] {
  return text.split(',').map((each) => integer(0)(each.trim()));
}

/** Without a default: help would show it. */
function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
