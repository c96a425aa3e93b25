import type { GroupEvent } from '../ghost/group-history.ts';

interface Told {
  readonly index: number;
  readonly generation: number;
}

/** The newest generation of each group in which a member was told its assignment, and since when. */
export class ToldGenerations {
  readonly #byGroup = new Map<string, Told[]>();

  note(index: number, event: GroupEvent): void {
    if (event.kind !== 'assigned') return;
    const told = this.#byGroup.get(event.group) ?? [];
    this.#byGroup.set(event.group, told);
    if (event.generation > (told.at(-1)?.generation ?? 0)) told.push({ index, generation: event.generation });
  }

  /** As of this event; 0 before the first. */
  before(group: string, index: number): number {
    return this.#byGroup.get(group)?.findLast((told) => told.index < index)?.generation ?? 0;
  }
}
