import type { MetricsSource } from '@moldau/base';
import type { AdminServer } from './admin/admin-server.ts';
import type { HealthFact } from './admin/health.ts';
import { LoopLag, processMetrics } from './admin/process-metrics.ts';
import type { RunningRole } from './running-role.ts';

/** What is open, and must be closed again in the opposite order, however far the start came. */
export class OpenNode {
  readonly startedAtMs: number = Date.now();
  readonly roles: RunningRole[] = [];
  readonly lag: LoopLag = new LoopLag();
  admin: AdminServer | undefined;
  readonly #roleCount: number;

  /** `roleCount`: how many the node has; it has started when all of them run. */
  constructor(roleCount: number) {
    this.#roleCount = roleCount;
  }

  health(): HealthFact[] {
    const started = this.roles.length === this.#roleCount;
    return [
      { name: 'start', ok: started, detail: started ? 'done' : 'opening directories and listeners' },
      ...this.roles.flatMap((role) => role.health()),
    ];
  }

  get isReady(): boolean {
    return this.health().every(({ ok }) => ok);
  }

  metrics(): MetricsSource[] {
    return [processMetrics(this.lag, this.startedAtMs), ...this.roles.map(({ metrics }) => metrics)];
  }

  async close(): Promise<void> {
    // The broker goes before the controller of a combined node: it hands over through it.
    for (const role of this.roles.splice(0).reverse()) await role.close();
    await this.admin?.close();
    this.lag.close();
  }
}
