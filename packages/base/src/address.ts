import { assert } from './assert.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `1.2.3.4:port` or `[::1]:port`. */
export function parseAddress(address: string): HostAndPort {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  assert(match !== null && host !== undefined, 'an address is host:port', { address });
  return { host, port: Number(match[3]) };
}

/** `host:port`, with the brackets that IPv6 needs. */
export function formatAddress({ host, port }: HostAndPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * What to dial or bind: Node looks names up on the thread pool, where the disk works, so the one name that needs no
 * looking up is written out. Numbers never go there.
 */
export function dialAddress(address: string): string {
  const { host, port } = parseAddress(address);
  return formatAddress({ host: host === 'localhost' ? '127.0.0.1' : host, port });
}
