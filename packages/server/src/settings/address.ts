import { isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from './setting.ts';

/** `host:port`, apart. An IPv6 host stands without its brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
/** What "all interfaces" looks like; nobody can dial it. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** @throws ConfigError unless the text is host:port; an empty host means all interfaces, as in Kafka's listeners */
export function parseAddress(text: string, where: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > PORT_MAX) {
    throw new ConfigError(`${where} must be host:port (IPv6: [host]:port), not ${JSON.stringify(text)}`);
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

export function formatAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}
