/**
 * npm run bench: what a cluster of three brokers does on this machine, beside what the machine itself can do, measured in
 * the same run. A benchmark, not a test: nothing fails for being slow.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '@moldau/client';
import { LocalCluster } from '@moldau/dev';
import { measureLatency, measureThroughput } from './cluster-bench.ts';
import type { Figure } from './raw/figures.ts';
import { measureDisk } from './raw/raw-disk.ts';
import { measureNetwork } from './raw/raw-network.ts';

/** Raw limits settle at once. */
const RAW_MS_MAX = 2_000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, json: { type: 'string' } } });
const durationMs = Number(values.seconds) * 1000;
if (!(durationMs > 0)) {
  process.stderr.write(`--seconds must be a number above 0, not ${values.seconds}\n`);
  process.exit(2);
}

const figures: Figure[] = [];
const report = (...measured: Figure[]): void => {
  for (const figure of measured) {
    figures.push(figure);
    process.stdout.write(`${figure.name.padEnd(70)} ${figure.value.toFixed(2).padStart(10)} ${figure.unit}\n`);
  }
};

const data = mkdtempSync(path.join(tmpdir(), 'moldau-bench-'));
try {
  const rawMs = Math.min(RAW_MS_MAX, durationMs);
  report(...(await measureDisk(data, rawMs)));
  report(...(await measureNetwork(rawMs)));
  await measureCluster();
} finally {
  rmSync(data, { recursive: true });
}
if (values.json !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), arch: arch(), node: process.version };
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, seconds: Number(values.seconds), figures }, undefined, 2)}\n`,
  );
}

async function measureCluster(): Promise<void> {
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
