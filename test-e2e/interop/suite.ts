import { env, stdout } from 'node:process';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { START_TIMEOUT_MS } from '../support/until.ts';
import { CLIENTS, type ClientName, openClient, whyMissing } from './clients.ts';
import { installClients } from './install.ts';
import type { InteropClient, ReadRecord } from './interop-client.ts';
import { InteropCluster } from './interop-cluster.ts';
import { Table } from './table.ts';

/* What the features of this suite are tried with: clients, a cluster, and the table that their outcomes go into. */

/** The page to put the table into. */
const { MOLDAU_INTEROP_TABLE } = env;
export const MINUTE_MS = 60_000;
/** Of members of groups. A session is as long as one that was killed is waited for, and as a busy machine may keep a client waiting. */
export const TIMES = { sessionMs: 10_000, heartbeatMs: 1500 } as const;

const installed = await installClients();
/** The clients that could be installed. */
export const present: readonly ClientName[] = CLIENTS.filter((name) => whyMissing(name, installed) === undefined);
const clients = new Map<ClientName, InteropClient>();
const table = new Table();
let running: InteropCluster | undefined;

/** The cluster of this run: from the first hook on. */
export function cluster(): InteropCluster {
  if (running === undefined) throw new Error('the cluster has not been started');
  return running;
}

/** To be called before any feature is told: opens all that they need, and closes it behind the last one. */
export function aroundFeatures(): void {
  beforeAll(async () => {
    running = await InteropCluster.start();
    for (const name of CLIENTS) {
      const missing = whyMissing(name, installed);
      if (missing !== undefined) stdout.write(`${name} could not be installed: ${missing}\n`);
    }
    for (const name of present) {
      const client = await openClient(name, installed, running.kafka);
      clients.set(name, client);
      table.version(name, client.version);
    }
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    stdout.write(`\n${table}\n\n`);
    await running?.close();
    if (MOLDAU_INTEROP_TABLE !== undefined) table.writeInto(MOLDAU_INTEROP_TABLE);
  });
}

export interface FeatureOptions {
  /** Clients that cannot do it with any broker. */
  readonly lacks?: readonly ClientName[];
  readonly concurrent?: boolean;
  readonly timeoutMs?: number;
}

/** A row of the table: one test for each client, which is skipped visibly where the client could not be installed. */
export function feature(
  name: string,
  run: (client: InteropClient, name: ClientName) => Promise<void>,
  { lacks = [], concurrent = false, timeoutMs = 3 * MINUTE_MS }: FeatureOptions = {},
): void {
  table.row(name);
  describe(name, () => {
    for (const each of CLIENTS) {
      if (lacks.includes(each)) {
        table.note(name, each, 'lacks');
        continue;
      }
      test(each, { concurrent, timeout: timeoutMs }, async (context) => {
        const missing = whyMissing(each, installed);
        if (missing !== undefined) context.skip(`${each} could not be installed: ${missing}`);
        table.note(name, each, 'failed');
        await run(clientOf(each), each);
        table.note(name, each, 'passed');
      });
    }
  });
}

export function clientOf(name: ClientName): InteropClient {
  const client = clients.get(name);
  if (client === undefined) throw new Error(`${name} was not opened`);
  return client;
}

export function topicOf(prefix: string, name: ClientName): string {
  return `${prefix}-${name.replace(/[@/]/g, '')}`;
}

export function text(values: readonly ReadRecord[]): string[] {
  return values.map(({ value }) => String(value));
}
