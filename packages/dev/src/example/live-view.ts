import type pc from 'picocolors';
import type { NodeStatus } from '../supervisor/control.ts';

/** Colours, or their absence, as picocolors makes them. */
export type Colors = ReturnType<typeof pc.createColors>;

/** All that the view shows, gathered by the example. */
export interface ViewState {
  /** What printed commands need to mean this cluster: nothing, or ` --data DIR`. */
  readonly dataOption: string;
  readonly nodes: readonly NodeStatus[];
  readonly acknowledgedPerSecond: number;
  readonly acknowledged: number;
  /** Sent and not yet acknowledged. */
  readonly waiting: number;
  readonly partitions: readonly PartitionView[];
  readonly orders: readonly OrderView[];
  readonly orderCount: number;
  /** What happened lately, oldest first. */
  readonly notices: readonly string[];
}

export interface PartitionView {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** undefined: not known at the moment. */
  readonly highWatermark: bigint | undefined;
}

interface OrderView {
  readonly symbol: string;
  readonly date: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: number;
  readonly price: number;
}

/** The screen, line by line. Red: a node that is gone, a partition without a leader, a replica out of sync. */
export function renderView(view: ViewState, colors: Colors): string[] {
  return [
    colors.bold('Moldau') +
      colors.dim(`   Ctrl-C ends it; in another shell: npx moldau dev kill|start 1${view.dataOption}`),
    '',
    view.nodes.map((node) => nodeCell(node, colors)).join('   '),
    '',
    `prices  ${colors.bold(String(view.acknowledgedPerSecond).padStart(6))} acknowledged/s   ${view.acknowledged} in all   ${view.waiting} waiting`,
    '',
    colors.dim('partition  leader  in sync    high watermark'),
    ...view.partitions.map((partition) => partitionLine(partition, colors)),
    '',
    colors.dim(`orders (${view.orderCount})`),
    ...view.orders.map((order) => orderLine(order, colors)),
    '',
    ...view.notices.map((notice) => colors.yellow(notice)),
  ];
}

/** The same for a pipe or a file, in one line. */
export function renderPlain(view: ViewState): string {
  const down = view.nodes.filter(({ state }) => state !== 'running').map(({ name, state }) => `${name} ${state}`);
  const behind = view.partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length;
  return [
    `prices ${view.acknowledgedPerSecond}/s acknowledged, ${view.acknowledged} in all, ${view.waiting} waiting`,
    `leaders ${view.partitions.map(({ leader }) => leader).join(',')}`,
    `${behind} of ${view.partitions.length} partitions not fully in sync`,
    `orders ${view.orderCount}`,
    ...down,
  ].join('; ');
}

function nodeCell({ name, state, pid }: NodeStatus, colors: Colors): string {
  if (state === 'running') return `${colors.green('●')} ${name} ${colors.dim(String(pid))}`;
  return colors.red(`● ${name} ${state}`);
}

function partitionLine({ partition, leader, replicas, isr, highWatermark }: PartitionView, colors: Colors): string {
  const members = replicas.map((id) => (isr.includes(id) ? String(id) : colors.red(String(id)))).join(' ');
  const padding = ' '.repeat(Math.max(0, 9 - replicas.join(' ').length));
  const leads = leader < 0 ? colors.red('none'.padStart(6)) : String(leader).padStart(6);
  return `${String(partition).padStart(9)}  ${leads}  ${members}${padding}  ${String(highWatermark ?? '?').padStart(14)}`;
}

function orderLine({ symbol, date, side, quantity, price }: OrderView, colors: Colors): string {
  const sided = side === 'buy' ? colors.green('buy ') : colors.red('sell');
  return `${date}  ${sided} ${String(quantity).padStart(4)} ${symbol.padEnd(6)} at ${price.toFixed(2).padStart(9)}`;
}
