import path from 'node:path';
import process from 'node:process';
import { type Installed, type InstalledClients, kcatIn, PROGRAMS, pythonIn } from './install.ts';
import type { InteropClient } from './interop-client.ts';
import { KcatClient } from './kcat-client.ts';
import { ScriptClient } from './script-client.ts';

/** In the order of the table's columns. */
export const CLIENTS = ['kcat', 'confluent-kafka', 'kafka-python', 'kafkajs', '@platformatic/kafka'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** What is installed where for a client, and how it is run from there. */
interface Recipe {
  readonly from: keyof InstalledClients;
  open(folder: string, bootstrap: string): Promise<InteropClient>;
}

const RECIPES: Readonly<Record<ClientName, Recipe>> = {
  kcat: {
    from: 'debian',
    open: async (folder, bootstrap) => new KcatClient(kcatIn(folder), bootstrap),
  },
  'confluent-kafka': python('confluent.py'),
  'kafka-python': python('kafka_python.py'),
  kafkajs: node('kafkajs.mjs'),
  '@platformatic/kafka': node('platformatic.mjs'),
};

/** Why there is no such client on this machine; undefined when there is. */
export function whyMissing(name: ClientName, installed: InstalledClients): string | undefined {
  return installed[RECIPES[name].from].missing;
}

export async function openClient(
  name: ClientName,
  installed: InstalledClients,
  bootstrap: string,
): Promise<InteropClient> {
  const recipe = RECIPES[name];
  return await recipe.open(folderOf(installed[recipe.from]), bootstrap);
}

function python(file: string): Recipe {
  return {
    from: 'python',
    open: (folder, bootstrap) => {
      const command = pythonIn(folder);
      return ScriptClient.open({ ...command, first: [path.join(PROGRAMS, file)] }, bootstrap);
    },
  };
}

function node(file: string): Recipe {
  return {
    from: 'npm',
    open: (folder, bootstrap) =>
      // kafkajs sets a timer of a negative time, which Node tells on stderr.
      ScriptClient.open(
        { program: process.execPath, first: [path.join(folder, file)], env: { NODE_NO_WARNINGS: '1' } },
        bootstrap,
      ),
  };
}

function folderOf(installed: Installed): string {
  if (installed.missing !== undefined) throw new Error(installed.missing);
  return installed.folder;
}
