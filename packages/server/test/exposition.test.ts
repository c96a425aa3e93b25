import type { MetricSample, MetricsSource } from '@moldau/base';
import { expect, test } from 'vitest';
import { expose } from '../src/admin/exposition.ts';
import { readiness } from '../src/admin/health.ts';

const sample = (name: string, value: number, labels: Record<string, string> = {}): MetricSample => ({
  name,
  help: `About ${name}.`,
  type: 'gauge',
  labels,
  value,
});
const source = (...samples: MetricSample[]): MetricsSource => ({ samples: () => samples });

test('the series of one name stand together, whoever has them', () => {
  const text = expose([
    source(sample('a', 1, { topic: 't' }), sample('b', 2)),
    source(sample('a', Infinity, { topic: 'u' })),
  ]);
  expect(text).toContain('# HELP a About a.\n# TYPE a gauge\na{topic="t"} 1\na{topic="u"} +Inf\n# HELP b');
  expect(text).toContain('moldau_metrics_dropped_series 0\n');
});

test('labels cannot break out of their quotes', () => {
  expect(expose([source(sample('a', 1, { x: 'q"b\\n\n' }))])).toContain('a{x="q\\"b\\\\n\\n"} 1\n');
});

test('an endless source is cut and the cut is told', () => {
  const endless: MetricsSource = {
    *samples() {
      for (let i = 0; i < 200_001; i++) yield sample('a', i);
    },
  };
  expect(expose([endless])).toMatch(/moldau_metrics_dropped_series 1\n$/);
});

test('not ready names what is missing; verbose names all', () => {
  const facts = [
    { name: 'listener', ok: true, detail: '127.0.0.1:1' },
    { name: 'registration', ok: false, detail: 'no controller answers' },
  ];
  expect(readiness(facts, false)).toEqual({
    status: 503,
    body: '[-] registration: no controller answers\nnot ready\n',
  });
  expect(readiness(facts, true).body).toBe(
    '[+] listener: 127.0.0.1:1\n[-] registration: no controller answers\nnot ready\n',
  );
  expect(readiness(facts.slice(0, 1), false)).toEqual({ status: 200, body: 'ready\n' });
});
