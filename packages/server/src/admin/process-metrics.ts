import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricSample, MetricsSource } from '@moldau/base';

/** How often the loop's delay is sampled; what it reports includes this much of waiting on purpose. */
const RESOLUTION_MS = 20;
/** The worst delay is forgotten after one to two windows. */
const WINDOW_MS = 5_000;

/** Watches this process' event loop: how late did work start? */
export class LoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #lastWindowMaxMs = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#lastWindowMaxMs = this.#windowMaxMs();
      this.#histogram.reset();
    }, WINDOW_MS);
    this.#timer.unref();
  }

  /** The longest time within the last seconds for which the loop did not turn. */
  get maxMs(): number {
    return Math.max(this.#lastWindowMaxMs, this.#windowMaxMs());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #windowMaxMs(): number {
    return this.#histogram.count === 0 ? 0 : Math.max(0, this.#histogram.max / 1e6 - RESOLUTION_MS);
  }
}

/** `process_*` as every Prometheus client has them, and `nodejs_*` for what is Node's. */
export function processMetrics(lag: LoopLag, startedAtMs: number): MetricsSource {
  const sample = (name: string, help: string, value: number, type: MetricSample['type'] = 'gauge'): MetricSample => ({
    name,
    help,
    type,
    labels: {},
    value,
  });
  return {
    *samples() {
      const { user, system } = process.cpuUsage();
      const memory = process.memoryUsage();
      yield sample('process_cpu_seconds_total', 'Processor time used.', (user + system) / 1e6, 'counter');
      yield sample('process_resident_memory_bytes', 'Memory held in RAM.', memory.rss);
      yield sample('process_start_time_seconds', 'Unix time of the start.', startedAtMs / 1000);
      yield sample('process_open_fds', 'Open file descriptors; NaN where the system does not tell.', openFiles());
      yield sample('nodejs_heap_size_used_bytes', "JavaScript's heap in use.", memory.heapUsed);
      yield sample('nodejs_external_memory_bytes', 'Buffers outside of the heap.', memory.external);
      yield sample('nodejs_eventloop_lag_max_seconds', 'Longest stop of the event loop lately.', lag.maxMs / 1000);
    },
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return Number.NaN;
  }
}
