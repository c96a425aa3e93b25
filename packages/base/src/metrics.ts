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
