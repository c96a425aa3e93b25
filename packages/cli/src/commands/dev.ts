import { askSupervisor, type ControlAction, DATA_DEFAULT, devUp } from '@moldau/dev';
import { EXIT, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';

export interface DevUpCommandOptions {
  readonly data?: string;
  readonly brokers?: number;
  readonly controllers?: number;
  readonly port?: number;
  readonly kafkaPorts?: string;
  readonly set: readonly string[];
  readonly restart?: boolean;
  readonly example: boolean;
}

/** Starts a local cluster and keeps it until it is stopped; it takes signals itself. */
export function up({ kafkaPorts, set, ...options }: DevUpCommandOptions): Promise<number> {
  return devUp({
    ...options,
    // What is no port becomes NaN, and is refused with the others.
    ...(kafkaPorts !== undefined && { kafkaPorts: kafkaPorts.split(',').map(Number) }),
    settings: new Map(set.map(nameAndValue)),
    stdout: process.stdout,
    stderr: process.stderr,
  });
}

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`--set takes name=value, not ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Asks the supervisor of a local cluster, and shows its nodes. */
export async function control(
  context: Context,
  action: ControlAction,
  options: { readonly data?: string; readonly node?: string },
): Promise<number> {
  const { killedPid, nodes } = await askSupervisor(options.data ?? DATA_DEFAULT, action, options.node);
  if (killedPid !== undefined) context.note(`pid ${killedPid} is gone`);
  if (action === 'down') {
    context.note('the cluster is stopping');
    return EXIT.done;
  }
  return await context.show({
    kind: 'DevNodeList',
    items: nodes,
    columns: [
      { header: 'NODE', value: (node) => node.name },
      { header: 'STATE', value: (node) => node.state },
      { header: 'PID', value: (node) => node.pid ?? '-', right: true },
      { header: 'GRPC', value: (node) => node.grpc },
      { header: 'ADMIN', value: (node) => node.admin },
    ],
  });
}
