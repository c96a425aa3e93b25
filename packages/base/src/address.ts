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

/** Whether this is an IPv4 or IPv6 address, in figures. */
export function isIpAddress(text: string): boolean {
  return text.includes(':') ? isIpv6(text) : isIpv4(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const isMixed = last.includes('.');
  if (isMixed && (!isIpv4(last) || text.endsWith('::'))) return false;
  const hex = isMixed ? groups.slice(0, -1) : groups;
  if (halves.length > 2 || !hex.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (isMixed ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}
