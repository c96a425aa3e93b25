import type { DeliveryReport } from '@moldau/client';
import { type Explanation, explain } from '../cli-error.ts';
import { counted } from './counted.ts';
import type { JsonError } from './json.ts';

/** What arrived in one partition. */
export interface PartitionSum {
  readonly partition: number;
  records: number;
  firstOffset: bigint;
  lastOffset: bigint;
}

/** What became of the records of `produce`: sums by partition, failures by code. */
export class Deliveries {
  readonly #sums = new Map<number, PartitionSum>();
  readonly #failures = new Map<string, { readonly explained: Explanation; count: number }>();
  #records = 0;

  get sums(): readonly PartitionSum[] {
    return [...this.#sums.values()].sort((left, right) => left.partition - right.partition);
  }

  /** That arrived. */
  get records(): number {
    return this.#records;
  }

  get failures(): readonly Explanation[] {
    return [...this.#failures.values()].map(({ explained }) => explained);
  }

  errors(): readonly JsonError[] {
    return [...this.#failures.values()].map(({ explained: { code, message, hint }, count }) => ({
      code,
      message: count > 0 ? `${counted(count, 'record')}: ${message}` : message,
      hint,
    }));
  }

  settled({ partition, recordCount, baseOffset, error }: DeliveryReport): void {
    if (error !== undefined) {
      this.failed(error, recordCount);
      return;
    }
    const lastOffset = baseOffset < 0n ? -1n : baseOffset + BigInt(recordCount) - 1n;
    const sum = this.#sums.get(partition) ?? { partition, records: 0, firstOffset: baseOffset, lastOffset };
    sum.records += recordCount;
    this.#records += recordCount;
    if (lastOffset > sum.lastOffset) sum.lastOffset = lastOffset;
    if (baseOffset < sum.firstOffset) sum.firstOffset = baseOffset;
    this.#sums.set(partition, sum);
  }

  /** @param recordCount 0 where nobody counted them. @throws the error when it is a bug */
  failed(error: unknown, recordCount: number): void {
    const explained = explain(error);
    if (explained === undefined) throw error;
    const known = this.#failures.get(explained.code);
    if (known === undefined) this.#failures.set(explained.code, { explained, count: recordCount });
    else known.count += recordCount;
  }
}
