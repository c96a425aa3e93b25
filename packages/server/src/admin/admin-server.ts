import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsSource } from '@moldau/base';
import { type Address, formatAddress } from '../settings/address.ts';
import { ConfigError } from '../settings/setting.ts';
import { expose } from './exposition.ts';
import { type HealthFact, readiness } from './health.ts';
import type { LoopLag } from './process-metrics.ts';

/** Connections at once: a kubelet, a scraper and some people. More are turned away. */
const CONNECTIONS_MAX = 64;
const REQUEST_TIMEOUT_MS = 5_000;
const HEADER_BYTES_MAX = 8 * 1024;

/** What the admin port tells about; read anew for each request. */
export interface AdminSubject {
  readonly lag: LoopLag;
  readonly lagMsMax: number;
  facts(): readonly HealthFact[];
  metrics(): readonly MetricsSource[];
}

export interface AdminServer {
  /** `host:port` really listened on. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves /livez, /readyz and /metrics. @throws ConfigError when the address cannot be listened on */
export async function startAdminServer(address: Address, subject: AdminSubject): Promise<AdminServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: HEADER_BYTES_MAX },
    (request, response) => answer(request, response, subject),
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  return {
    address: formatAddress({ host: address.host, port }),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why = 'code' in error && error.code === 'EADDRINUSE' ? 'is in use by another process' : error.message;
      reject(
        new ConfigError(`admin.listener ${formatAddress(address)}: ${why}. Choose another port`, { cause: error }),
      );
    });
    server.listen({ host: address.host, port: address.port }, resolve);
  });
}

function answer(request: IncomingMessage, response: ServerResponse, subject: AdminSubject): void {
  const { status, body } = route(request, subject);
  response.writeHead(status, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function route(request: IncomingMessage, subject: AdminSubject): { status: number; body: string } {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'only GET here\n' };
  const [path, query = ''] = (request.url ?? '').split('?', 2);
  switch (path) {
    case '/livez': {
      const lagMs = Math.round(subject.lag.maxMs);
      if (lagMs <= subject.lagMsMax) return { status: 200, body: 'live\n' };
      return { status: 503, body: `[-] event loop: stood still for ${lagMs} ms, allowed are ${subject.lagMsMax} ms\n` };
    }
    case '/readyz':
      return readiness(subject.facts(), new URLSearchParams(query).has('verbose'));
    case '/metrics':
      return { status: 200, body: expose(subject.metrics()) };
    default:
      return { status: 404, body: 'there are /livez, /readyz (?verbose) and /metrics\n' };
  }
}
