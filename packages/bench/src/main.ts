/**
 * npm run bench: what a cluster of three brokers does on this machine, beside what the machine itself can do, measured in
 * the same run. A benchmark, not a test: nothing fails for being slow.
 */
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { createClient } from '@moldau/client';
import { LocalCluster, runScript } from '@moldau/dev';
import { BENCH_USAGE, type BenchOptions, benchOptions } from './bench-options.ts';
import { measureLatency, measureThroughput } from './cluster-bench.ts';
import type { Figure } from './raw/figures.ts';
import { measureDisk } from './raw/raw-disk.ts';
import { measureNetwork } from './raw/raw-network.ts';

/** Raw limits settle at once. */
const RAW_MS_MAX = 2_000;
/** What statfs says of tmpfs on Linux. */
const TMPFS_TYPE = 0x01021994;

// What is measured there takes other options.
if (process.argv[2] === 'connections') await import('./connections/main.ts');
else await runScript({ usage: BENCH_USAGE, read: benchOptions, run: main });

async function main(options: BenchOptions): Promise<number> {
  mkdirSync(options.data, { recursive: true });
  const data = mkdtempSync(path.join(options.data, '.moldau-bench-'));
  const out = options.output === 'json' ? process.stderr : process.stdout;
  if (statfsSync(data).type === TMPFS_TYPE)
    process.stderr.write(
      `${data} is in memory: flushes cost nothing there. Name a directory on a disk with --data DIR\n`,
    );
  const figures: Figure[] = [];
  const report = (...measured: Figure[]): void => {
    for (const figure of measured) {
      figures.push(figure);
      out.write(`${figure.name.padEnd(70)} ${figure.value.toFixed(2).padStart(10)} ${figure.unit}\n`);
    }
  };
  try {
    await measure(data, options.seconds * 1_000, report);
  } finally {
    rmSync(data, { recursive: true });
  }
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), arch: arch(), node: process.version };
  const document = `${JSON.stringify({ machine, seconds: options.seconds, figures }, undefined, 2)}\n`;
  if (options.json !== undefined) writeFileSync(options.json, document);
  // A pipe takes its bytes later, and the process ends when this function has.
  if (options.output === 'json') await new Promise<void>((resolve) => process.stdout.write(document, () => resolve()));
  return 0;
}

async function measure(data: string, durationMs: number, report: (...measured: Figure[]) => void): Promise<void> {
  const rawMs = Math.min(RAW_MS_MAX, durationMs);
  report(...(await measureDisk(data, rawMs)));
  report(...(await measureNetwork(rawMs)));
  const cluster = await LocalCluster.start({
    data: path.join(data, 'cluster'),
    brokers: 3,
    controllers: 3,
    port: 0,
    restart: false,
  });
  try {
    await cluster.untilReady();
    await using client = createClient({ bootstrap: cluster.bootstrap, clientId: 'bench' });
    for (const durability of ['flushed', 'replicated'] as const) {
      report(await measureThroughput(client, durability, durationMs));
      report(...(await measureLatency(client, durability, durationMs)));
    }
  } finally {
    await cluster.close();
  }
}
