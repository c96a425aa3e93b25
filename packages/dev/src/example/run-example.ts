import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient, MoldauError } from '@moldau/client';
import pc from 'picocolors';
import { partitionsOf } from '../cluster-facts.ts';
import { statusOf } from '../supervisor/control.ts';
import { dataOption } from '../supervisor/data-directory.ts';
import type { LocalCluster } from '../supervisor/local-cluster.ts';
import type { Notices } from '../supervisor/notices.ts';
import { type FeedCounts, runFeed } from './feed.ts';
import { type PartitionView, renderPlain, renderView, type ViewState } from './live-view.ts';
import { Screen } from './screen.ts';
import { type OrderBook, runStrategy } from './strategy.ts';
import { ensureExampleTopics, PRICES } from './topics.ts';

/** What the example plays on. */
export interface ExampleContext {
  readonly cluster: LocalCluster;
  /** The strategy keeps its state here, beside the data it belongs to. */
  readonly data: string;
  readonly notices: Notices;
  readonly stdout: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 5_000;
const NOTICES_SHOWN = 6;
/** A view that waits for a dead broker shows old figures, so it does not wait long. */
const DESCRIBE_TIMEOUT_MS = 1_000;

/** Feed, strategy and live view, until the signal. They share one client, as one application would. */
export async function runExample(context: ExampleContext): Promise<void> {
  const { cluster, data, signal } = context;
  await using client = createClient({ bootstrap: cluster.bootstrap, clientId: 'trading-example' });
  await ensureExampleTopics(client, Math.min(3, cluster.bootstrap.length));
  const counts: FeedCounts = { acknowledged: 0, waiting: 0 };
  const book: OrderBook = { count: 0, last: [] };
  const file = path.join(data, 'example-strategy.json');
  await Promise.all([
    runFeed(client, counts, signal),
    runStrategy(client, { file, book, signal }),
    runView(context, { client, counts, book }),
  ]);
}

interface Shown {
  readonly client: Client;
  readonly counts: FeedCounts;
  readonly book: OrderBook;
}

async function runView(context: ExampleContext, shown: Shown): Promise<void> {
  const { notices, stdout, signal } = context;
  const recent: string[] = [];
  const screen = stdout.isTTY ? new Screen(stdout) : undefined;
  if (screen) {
    notices.showIn((line) => {
      recent.push(line);
      recent.splice(0, recent.length - NOTICES_SHOWN);
    });
  }
  const intervalMs = screen ? REDRAW_MS : PLAIN_LINE_MS;
  let partitions: PartitionView[] = [];
  let before = { acknowledged: 0, atMs: performance.now() };
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
    partitions = await describe(shown.client, partitions);
    const { acknowledged, waiting } = shown.counts;
    const nowMs = performance.now();
    const view: ViewState = {
      dataOption: dataOption(context.data),
      nodes: statusOf(context.cluster),
      acknowledgedPerSecond: Math.round((acknowledged - before.acknowledged) / ((nowMs - before.atMs) / 1000)),
      acknowledged,
      waiting,
      partitions,
      orders: shown.book.last,
      orderCount: shown.book.count,
      notices: recent,
    };
    before = { acknowledged, atMs: nowMs };
    if (screen) screen.draw(renderView(view, pc));
    else stdout.write(`${renderPlain(view)}\n`);
  }
  screen?.close();
  notices.showIn(undefined);
}

/** Leaders, in-sync sets and high watermarks now; what cannot be learned in time stays as it was. */
async function describe(client: Client, before: PartitionView[]): Promise<PartitionView[]> {
  let shown = before;
  try {
    const known = new Map(before.map(({ partition, highWatermark }) => [partition, highWatermark]));
    const facts = await partitionsOf(client, PRICES, DESCRIBE_TIMEOUT_MS);
    shown = facts.map((one) => ({ ...one, highWatermark: known.get(one.partition) }));
    const specs = facts.map(({ partition }) => ({ topic: PRICES, partition, at: 'latest' as const }));
    const ends = await client.admin().listOffsets(specs, { timeoutMs: DESCRIBE_TIMEOUT_MS });
    return facts.map((one, index) => ({ ...one, highWatermark: ends[index]?.offset }));
  } catch (error) {
    if (error instanceof MoldauError) return shown;
    throw error;
  }
}
