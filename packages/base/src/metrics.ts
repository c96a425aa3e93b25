/** One figure at scrape time. Labels are few and bounded. */
export interface MetricSample {
  /** Prometheus name, lower case with underscores, unit last; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Walks plain counters when scraped; nothing is hashed or formatted on the hot path. */
export interface MetricsSource {
  samples(): Iterable<MetricSample>;
}

type Labels = MetricSample['labels'];

/** What may rise and fall. */
export function gauge(name: string, help: string, value: number, labels: Labels = {}): MetricSample {
  return { name, help, type: 'gauge', labels, value };
}

/** What only rises, from the start of the process. */
export function counter(name: string, help: string, value: number, labels: Labels = {}): MetricSample {
  return { name, help, type: 'counter', labels, value };
}
