import type { MetricSample, MetricsSource } from '@moldau/base';

/** Series in one answer; what is beyond is left out and counted, so that a scrape never takes the broker down. */
const SERIES_MAX = 200_000;

/** Prometheus' text format: the series of one name stand together under one HELP and TYPE. */
export function expose(sources: readonly MetricsSource[]): string {
  const families = new Map<string, { readonly first: MetricSample; readonly lines: string[] }>();
  let count = 0;
  let dropped = 0;
  for (const source of sources) {
    for (const sample of source.samples()) {
      if (count === SERIES_MAX) {
        dropped++;
        continue;
      }
      count++;
      const line = `${sample.name}${labels(sample)} ${number(sample.value)}\n`;
      const family = families.get(sample.name);
      if (family) family.lines.push(line);
      else families.set(sample.name, { first: sample, lines: [line] });
    }
  }
  let text = '';
  for (const [name, { first, lines }] of families) {
    text += `# HELP ${name} ${first.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${first.type}\n`;
    text += lines.join('');
  }
  return `${text}# HELP moldau_metrics_dropped_series Series left out of this answer because it was too long.\n# TYPE moldau_metrics_dropped_series gauge\nmoldau_metrics_dropped_series ${dropped}\n`;
}

function labels(sample: MetricSample): string {
  const pairs = Object.entries(sample.labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
