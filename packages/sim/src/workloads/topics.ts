/** The topics that workloads may use, as far as anybody was told that they exist. */
export class Topics {
  readonly #partitions = new Map<string, number>();

  set(name: string, partitions: number): void {
    this.#partitions.set(name, partitions);
  }

  remove(name: string): void {
    this.#partitions.delete(name);
  }

  get(name: string): number {
    return this.#partitions.get(name) ?? 0;
  }

  names(): string[] {
    return [...this.#partitions.keys()];
  }
}

/** In every seed: one of each durability, and they stay. */
export const FLUSHED_TOPIC = 'flushed';
export const REPLICATED_TOPIC = 'replicated';
export const LASTING_TOPICS: readonly string[] = [FLUSHED_TOPIC, REPLICATED_TOPIC];
