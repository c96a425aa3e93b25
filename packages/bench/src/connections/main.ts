/** npm run bench -- connections: what thousands of Kafka connections cost one broker. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { LocalCluster, runScript } from '@moldau/dev';
import { CONNECTIONS_USAGE, type ConnectionsOptions, connectionsOptions } from './connections-options.ts';
import { checkOpenFiles, measureConnections } from './measure-connections.ts';

await runScript({ usage: CONNECTIONS_USAGE, read: (argv) => connectionsOptions(argv.slice(1)), run: main });

async function main(options: ConnectionsOptions): Promise<number> {
  checkOpenFiles(options);
  mkdirSync(options.data, { recursive: true });
  const data = mkdtempSync(path.join(options.data, '.moldau-bench-'));
  try {
    const limit = String(2 * (options.idle + options.active));
    const cluster = await LocalCluster.start({
      data: path.join(data, 'cluster'),
      brokers: 1,
      controllers: 1,
      port: 0,
      restart: false,
      settings: new Map([
        ['max.connections', limit],
        ['max.connections.per.ip', limit],
      ]),
    });
    try {
      await cluster.untilReady();
      const { plan } = cluster.node('broker-1');
      await measureConnections({
        kafka: `127.0.0.1:${plan.kafkaPort}`,
        admin: `127.0.0.1:${plan.adminPort}`,
        options,
        report: (name, value, unit) => {
          process.stdout.write(`${name.padEnd(70)} ${value.toFixed(unit === '' ? 0 : 2).padStart(10)} ${unit}\n`);
        },
      });
    } finally {
      await cluster.close();
    }
  } finally {
    rmSync(data, { recursive: true });
  }
  return 0;
}
