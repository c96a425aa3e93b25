import { constants } from 'node:os';
import { DevError, HOST } from './cluster-plan.ts';
import { type NodeStatus, runningSupervisor, serveControl, statusOf } from './control.ts';
import { checkDataDirectory, DATA_DEFAULT, dataOption } from './data-directory.ts';
import { LocalCluster } from './local-cluster.ts';
import { endedText, Notices } from './notices.ts';

/** What `npm start` and `moldau dev up` take. */
export interface DevUpOptions {
  /** Directory of the cluster. Default `.moldau`. */
  readonly data?: string;
  /** Default: as at the first start on this directory, and there 3. */
  readonly brokers?: number;
  /** Default: as at the first start on this directory, and there 3. */
  readonly controllers?: number;
  /** First port; default: 19100 for brokers, 19090 for controllers, 19644 for admin. */
  readonly port?: number;
  /** For Kafka clients, one for each broker; default: 9092 and up. */
  readonly kafkaPorts?: readonly number[];
  /** Further settings for every node. */
  readonly settings?: ReadonlyMap<string, string>;
  /** Start killed nodes again after 300 ms. Default false. */
  readonly restart?: boolean;
  /** Run the trading example. Default true. */
  readonly example?: boolean;
  /** Told the nodes when all brokers are ready, after the line that says so is written. */
  readonly onReady?: (nodes: readonly NodeStatus[]) => Promise<void>;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * Starts a local cluster, says when it is ready, and keeps it until SIGINT or SIGTERM. A second signal kills the nodes at
 * once. If this process is killed, the nodes notice and stop by themselves.
 *
 * @throws DevError
 */
export async function devUp(options: DevUpOptions): Promise<void> {
  const startedAtMs = performance.now();
  const data = options.data ?? DATA_DEFAULT;
  checkDataDirectory(data);
  const notices = new Notices(options.stderr);
  let cluster: LocalCluster | undefined;
  const stop = stopSignal(() => cluster?.killAll());
  try {
    const running = await runningSupervisor(data);
    if (running !== undefined) {
      throw new DevError(`a cluster runs on ${data} already (supervisor pid ${running})`, {
        hint:
          `see it with npx moldau dev status${dataOption(data)}, end it with npx moldau dev down${dataOption(data)}, ` +
          'or start another one with --data DIR --port P',
      });
    }
    const restart = options.restart ?? false;
    cluster = await LocalCluster.start(
      {
        data,
        brokers: options.brokers,
        controllers: options.controllers,
        port: options.port,
        kafkaPorts: options.kafkaPorts,
        ...(options.settings && { settings: options.settings }),
        restart,
      },
      {
        onChange: (node, exit) => {
          if (exit === undefined || (node.state !== 'died' && node.state !== 'killed')) return;
          const startCommand = restart ? undefined : cluster?.startCommand(node.plan.name);
          notices.tell(endedText({ plan: node.plan, died: node.state === 'died', exit, startCommand }));
        },
        onError: (node, message) => notices.tell(`${node}: ${message}`),
      },
    );
    await runUntilStopped(cluster, { options, data, notices, stop, startedAtMs });
  } finally {
    await cluster?.close();
    stop.close();
  }
}

interface Running {
  readonly options: DevUpOptions;
  readonly data: string;
  readonly notices: Notices;
  readonly stop: StopSignal;
  readonly startedAtMs: number;
}

async function runUntilStopped(cluster: LocalCluster, running: Running): Promise<void> {
  const { options, data, notices, stop, startedAtMs } = running;
  const control = await serveControl(data, cluster, () => stop.ask());
  try {
    const ready = cluster.untilReady();
    const early = await Promise.race([ready.then(() => false), stop.asked.then(() => true)]);
    if (early) {
      // It rejects as soon as the cluster closes, and nobody waits for it any more.
      ready.catch(() => undefined);
      return;
    }
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    options.stdout.write(`${readyLine(cluster, seconds)}\n`);
    await options.onReady?.(statusOf(cluster));
    if (options.example ?? true) {
      const { runExample } = await import('../example/run-example.ts');
      await runExample({ cluster, data, notices, stdout: options.stdout, signal: stop.signal });
    }
    await stop.asked;
    notices.tell('stopping: brokers first, then controllers (again for: now)');
  } finally {
    await control.close();
  }
}

/** One line that scripts can wait for and read the addresses from. */
function readyLine(cluster: LocalCluster, seconds: string): string {
  const brokers = cluster.plan.filter(({ role }) => role === 'broker');
  const admin = brokers.map(({ adminPort }) => `${HOST}:${adminPort}`);
  const kafka = cluster.kafkaBootstrap.join(',');
  return `ready in ${seconds} s: kafka ${kafka} grpc ${cluster.bootstrap.join(',')} admin ${admin.join(',')}`;
}

interface StopSignal {
  readonly asked: Promise<void>;
  readonly signal: AbortSignal;
  ask(): void;
  close(): void;
}

/** One Ctrl-C can come twice: to the whole process group, and passed on by whoever started this process. */
const SAME_SIGNAL_MS = 500;

/** The first signal asks; a second one calls `now` and leaves. */
function stopSignal(now: () => Promise<void> | undefined): StopSignal {
  const controller = new AbortController();
  const asked = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve());
  });
  const ask = (): void => controller.abort();
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      askedAtMs = performance.now();
      ask();
      return;
    }
    if (performance.now() - askedAtMs < SAME_SIGNAL_MS) return;
    const leave = (): void => process.exit(128 + constants.signals[signal]);
    void Promise.resolve(now()).then(leave, leave);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked,
    signal: controller.signal,
    ask,
    close: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
