import { askSupervisor, type ControlAction, DATA_DEFAULT, devUp, type NodeStatus } from '@moldau/dev';
import { EXIT } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Listed } from '../output/listing.ts';

export interface DevUpCommandOptions {
  readonly data?: string;
  readonly brokers?: number;
  readonly controllers?: number;
  readonly port?: number;
  readonly restart?: boolean;
  readonly example: boolean;
}

const NODES: Listed<NodeStatus> = {
  kind: 'DevNodeList',
  columns: [
    { header: 'NODE', value: (node) => node.name },
    { header: 'STATE', value: (node) => node.state },
    { header: 'PID', value: (node) => node.pid ?? '-', right: true },
    { header: 'GRPC', value: (node) => node.grpc },
    { header: 'ADMIN', value: (node) => node.admin },
  ],
};

/**
 * Starts a local cluster and keeps it until it is stopped; it takes signals itself. For programs the answer is its nodes,
 * once they are ready, and all that is for people goes to stderr.
 *
 * @throws DevError
 */
export async function up(context: Context, options: DevUpCommandOptions): Promise<number> {
  const { stdout, stderr } = process;
  const isForPeople = context.options.output === 'table';
  let isShown = false;
  await devUp({
    ...options,
    stdout: isForPeople ? stdout : stderr,
    stderr,
    onReady: async (nodes) => {
      isShown = true;
      if (!isForPeople) await context.show({ ...NODES, items: nodes });
    },
  });
  if (!isShown) await context.showNothing(NODES.kind);
  return EXIT.done;
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
    await context.showNothing(NODES.kind);
    return EXIT.done;
  }
  return await context.show({ ...NODES, items: nodes });
}
