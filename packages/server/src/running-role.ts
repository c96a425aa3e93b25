import type { MetricsSource } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import type { HealthFact } from './admin/health.ts';

/** A broker or a controller that runs in this process. */
export interface RunningRole {
  /** `host:port` that others dial. */
  readonly address: string;
  /** `host:port` that Kafka clients dial; empty, or absent, when there is no listener for them. */
  readonly kafkaAddress?: string;
  readonly metrics: MetricsSource;
  health(): readonly HealthFact[];
  /** The cluster's metadata as far as it is applied here. */
  inspect(): { readonly image: ClusterImage };
  /** Hands over what it leads, then ends. */
  close(): Promise<void>;
}
