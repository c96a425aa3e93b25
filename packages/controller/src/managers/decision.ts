import {
  type ErrorCode,
  errorNumber,
  type MetadataOffset,
  NO_ERROR,
  type NodeId,
  type Random,
  RequestError,
} from '@moldau/base';
import { type ClusterImage, type IsActive, isActive } from '@moldau/metadata';
import type { MetadataRecord, Outcome, PartitionChangeRecord } from '@moldau/proto';
import type { PlantedControllerBug } from '../planted-bugs.ts';

/**
 * What a manager decides: records for one batch, and the answer once that batch is committed at `offset`. Without records
 * the answer waits for what it was decided upon. A manager changes nothing itself: state changes only when the records
 * are applied, on every node alike.
 */
export interface Decision<Response> {
  readonly records: readonly MetadataRecord[];
  respond(offset: MetadataOffset): Response;
}

/** What managers decide with besides the image. */
export interface DecisionContext {
  readonly random: Random;
  readonly plantedBugs: ReadonlySet<PlantedControllerBug>;
}

export const OK: Outcome = { errorCode: NO_ERROR, message: '' };

export function refusal(code: ErrorCode, message: string): Outcome {
  return { errorCode: errorNumber(code), message };
}

/** One item of a request that is refused on its own. */
export function attempt<T>(plan: () => T): T | RequestError {
  try {
    return plan();
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
}

export function partitionChanges(changes: readonly PartitionChangeRecord[]): MetadataRecord[] {
  return changes.map((value) => ({ record: { kind: 'partitionChange', value } }));
}

/** Who may be elected. */
export function electable(image: ClusterImage, { plantedBugs }: DecisionContext): IsActive {
  if (plantedBugs.has('fenced-broker-elected')) return (brokerId: NodeId) => image.brokers.has(brokerId);
  return (brokerId: NodeId) => isActive(image.brokers.get(brokerId));
}
