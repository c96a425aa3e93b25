/** One measured figure. `value` in `unit`; what it means stands in `name`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'MB/s' | 'ms';
}

export const KIB = 1024;

/** Decimal megabytes a second, as disks and networks are sold. */
export function megabytesPerSecond(bytes: number, elapsedMs: number): number {
  return bytes / 1e6 / (elapsedMs / 1000);
}

/** The value below which that share of the sorted samples lies (nearest rank). */
export function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
