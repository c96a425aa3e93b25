import { assert, type PartitionId, type Random, randomInteger } from '@moldau/base';
import { murmur2 } from './murmur2.ts';

/** The partition of a key, as Kafka's clients choose it: the sign bit of the hash is dropped, not folded. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): PartitionId {
  assert(partitionCount > 0, 'a topic has partitions');
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

/**
 * Records without a key stay with one partition until its batch is closed, then go to another at random: full batches,
 * and over time an even spread (KIP-480).
 */
export class StickyPartition {
  readonly #random: Random;
  #current: PartitionId | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param availableNow the partitions that have a leader; when none has, any will do: the record waits there */
  choose(partitionCount: number, availableNow: () => readonly PartitionId[]): PartitionId {
    if (this.#current !== undefined && this.#current < partitionCount) return this.#current;
    const available = availableNow();
    const chosen = available[randomInteger(this.#random, 0, Math.max(available.length, 1))];
    this.#current = chosen ?? randomInteger(this.#random, 0, partitionCount);
    return this.#current;
  }

  /** The batch that gathered records without key on this partition was closed. */
  batchClosed(partition: PartitionId): void {
    if (this.#current === partition) this.#current = undefined;
  }
}
