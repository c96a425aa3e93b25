import { afterEach, expect, test } from 'vitest';
import { type AdminServer, startAdminServer } from '../src/admin/admin-server.ts';
import type { HealthFact } from '../src/admin/health.ts';
import { LoopLag, processMetrics } from '../src/admin/process-metrics.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(facts: HealthFact[] = [], lagMsMax = 60_000): Promise<AdminServer> {
  const lag = new LoopLag();
  const server = await startAdminServer(ANY_PORT, {
    lag,
    lagMsMax,
    facts: () => facts,
    metrics: () => [processMetrics(lag, 5_000)],
  });
  closing.push(
    () => lag.close(),
    () => server.close(),
  );
  return server;
}

async function get(server: AdminServer, path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${server.address}${path}`, { method });
  return { status: response.status, body: await response.text() };
}

test('/readyz follows the facts', async () => {
  const facts: HealthFact[] = [];
  const server = await start(facts);
  expect(await get(server, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
  facts.push({ name: 'registration', ok: false, detail: 'waiting' });
  expect(await get(server, '/readyz?verbose')).toEqual({ status: 503, body: '[-] registration: waiting\nnot ready\n' });
});

test('/livez fails after the loop stood still for longer than allowed', async () => {
  const server = await start([], 30_000);
  expect(await get(server, '/livez')).toEqual({ status: 200, body: 'live\n' });
  const strict = await start([], -1);
  expect((await get(strict, '/livez')).status).toBe(503);
});

test('/metrics has the basics of the process', async () => {
  const { body } = await get(await start(), '/metrics');
  expect(body).toContain('process_start_time_seconds 5\n');
  expect(body).toMatch(/process_resident_memory_bytes \d{6,}\n/);
  expect(body).toContain('# TYPE process_cpu_seconds_total counter\n');
});

test('other paths and methods are refused', async () => {
  const server = await start();
  expect((await get(server, '/')).status).toBe(404);
  expect((await get(server, '/readyz', 'POST')).status).toBe(405);
});

test('an address in use is named', async () => {
  const server = await start();
  const port = Number(server.address.split(':')[1]);
  const lag = new LoopLag();
  closing.push(() => lag.close());
  const second = startAdminServer(
    { host: '127.0.0.1', port },
    { lag, lagMsMax: 1, facts: () => [], metrics: () => [] },
  );
  await expect(second).rejects.toThrow(
    `admin.listener ${server.address}: is in use by another process. Choose another port`,
  );
});
