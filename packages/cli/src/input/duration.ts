import { usageError } from '../cli-error.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `15m`, `2h`, `7d` as ms. @throws CliError */
export function durationMs(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (amount === undefined || unitMs === undefined) {
    throw usageError(`${JSON.stringify(text)} is no length of time`, 'write 500ms, 30s, 15m, 2h or 7d');
  }
  return Number(amount) * unitMs;
}
