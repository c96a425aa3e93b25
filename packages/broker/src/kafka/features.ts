import { SUPPORTED_FEATURES } from '@moldau/metadata';

/** A feature as Kafka's tools list it. */
export interface KafkaFeature {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
}

/** What Kafka can switch on and this cluster always does: they are finalized at their highest level, and stay there. */
const BUILT_IN: readonly KafkaFeature[] = [
  // Voters are added and removed while the quorum runs (KIP-853).
  { name: 'kraft.version', minLevel: 0, maxLevel: 1 },
  // Replicas that have left the ISR may still be elected (KIP-966).
  { name: 'eligible.leader.replicas.version', minLevel: 0, maxLevel: 1 },
];

export const KAFKA_FEATURES: readonly KafkaFeature[] = [...SUPPORTED_FEATURES, ...BUILT_IN];

/** Undefined: the level is the cluster's to say. */
export function builtInLevel(name: string): number | undefined {
  return BUILT_IN.find((feature) => feature.name === name)?.maxLevel;
}

/** The levels in force. Before a cluster has been founded there are none. */
export function finalizedLevels(features: ReadonlyMap<string, number>): [name: string, level: number][] {
  if (features.size === 0) return [];
  return [...features, ...BUILT_IN.map(({ name, maxLevel }): [string, number] => [name, maxLevel])];
}
