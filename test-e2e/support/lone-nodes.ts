import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFreePorts } from '@moldau/dev';
import { type NodeInfo, readNodeInfo } from '@moldau/server';
import { CommandProcess } from './command.ts';
import { until } from './until.ts';

/** A directory for a test's nodes and their configuration files; what runs there ends with {@link Nodes.close}. */
export class LoneNodes {
  readonly root: string = mkdtempSync(path.join(tmpdir(), 'moldau-e2e-'));
  readonly #commands: CommandProcess[] = [];

  /** `moldau server --config FILE`, with the file that these properties make. */
  start(name: string, properties: Readonly<Record<string, string>>, argv: readonly string[] = []): CommandProcess {
    const directory = path.join(this.root, name);
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, 'node.properties');
    const lines = Object.entries({ 'metadata.log.dir': directory, ...properties });
    writeFileSync(file, lines.map(([setting, value]) => `${setting}=${value}\n`).join(''));
    return this.run(['server', '--config', file, ...argv]);
  }

  /** Any command, as a process that ends with the others. */
  run(argv: readonly string[]): CommandProcess {
    const command = new CommandProcess(argv);
    this.#commands.push(command);
    return command;
  }

  /** Where it listens, once it says that it is ready. */
  async untilReady(name: string, command: CommandProcess): Promise<NodeInfo> {
    let info: NodeInfo | undefined;
    await until(`${name} is ready`, async () => {
      if (command.child.exitCode !== null) throw new Error(`${name} ended: ${command.out}${command.err}`);
      info = await readNodeInfo(path.join(this.root, name));
      if (info?.pid !== command.child.pid) return false;
      return (await fetch(`http://${info?.admin}/readyz`)).ok;
    });
    if (info === undefined) throw new Error(`${name} has no node.json`);
    return info;
  }

  async close(): Promise<void> {
    for (const command of this.#commands.splice(0)) await command.kill();
    rmSync(this.root, { recursive: true, maxRetries: 20, retryDelay: 100 });
  }
}

/**
 * The first of `count` ports in a row that are free: the voters of a quorum are known before it starts, so their ports cannot
 * be left to the system.
 */
export async function freePort(count = 1): Promise<number> {
  const [first] = await findFreePorts(count);
  if (first === undefined) throw new Error('no port was asked for');
  return first;
}

/** Broker and controller in one, a cluster by itself. */
export function combined(controllerPort: number, directory: string): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `GRPC://127.0.0.1:0,CONTROLLER://127.0.0.1:${controllerPort}`,
    'log.dirs': path.join(directory, 'log'),
    'default.replication.factor': '1',
  };
}
