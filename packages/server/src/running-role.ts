import type { MetricsSource } from '@moldau/base';
import type { HealthFact } from './admin/health.ts';

/** A broker or a controller that runs in this process. */
export interface RunningRole {
  /** `host:port` that others dial. */
  readonly address: string;
  readonly metrics: MetricsSource;
  health(): readonly HealthFact[];
  /** Hands over what it leads, then ends. */
  close(): Promise<void>;
}
