import { usageError } from '../cli-error.ts';
import { durationMs } from './duration.ts';

/** Where to begin, as typed after `-O`. */
export type StartOffset =
  | { readonly kind: 'start'; readonly plus: bigint }
  | { readonly kind: 'end'; readonly minus: bigint }
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** Unix ms. */
  | { readonly kind: 'time'; readonly timestamp: number };

/** For help. */
export const OFFSET_HELP =
  'start, end, an offset, +N (N after the start), -N (the last N), @TIME (ISO 8601 or Unix ms), @-15m (that long ago)';

/** @throws CliError */
export function parseStartOffset(text: string, nowMs: number): StartOffset {
  if (text === 'start') return { kind: 'start', plus: 0n };
  if (text === 'end') return { kind: 'end', minus: 0n };
  if (/^\d+$/.test(text)) return { kind: 'offset', offset: BigInt(text) };
  if (/^\+\d+$/.test(text)) return { kind: 'start', plus: BigInt(text.slice(1)) };
  if (/^-\d+$/.test(text)) return { kind: 'end', minus: BigInt(text.slice(1)) };
  if (text.startsWith('@')) return { kind: 'time', timestamp: parseTime(text.slice(1), nowMs) };
  throw usageError(`${JSON.stringify(text)} is no place to begin at`, OFFSET_HELP);
}

function parseTime(text: string, nowMs: number): number {
  if (text.startsWith('-')) return Math.max(Math.floor(nowMs - durationMs(text.slice(1))), 0);
  const timestamp = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp;
  throw usageError(`${JSON.stringify(text)} is no time`, OFFSET_HELP);
}
