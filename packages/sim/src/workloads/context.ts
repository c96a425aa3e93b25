import type { History } from '../history/history.ts';
import type { World } from '../world/world.ts';
import type { Topics } from './topics.ts';

/** What all workloads of one run share. */
export interface WorkloadContext {
  readonly world: World;
  readonly history: History;
  readonly topics: Topics;
  /** Workloads start nothing new once this is false. */
  loading: boolean;
}
