import type { PartitionGhost } from '../ghost/partition-ghost.ts';
import type { ReplicaLog } from '../ghost/replica-log.ts';

/**
 * Which witnessed offsets have not been looked for in a log since it was last rewritten, so that a checker costs what is new.
 */
export class WitnessTracker {
  readonly #looked = new Map<string, { rewrites: number; count: number }>();

  /** What is wrong at the first witnessed offset that the log should have and has not, or has otherwise. */
  lacking(name: string, log: ReplicaLog, ghost: PartitionGhost): string | undefined {
    const looked = this.#looked.get(name);
    const from = looked?.rewrites === log.rewrites ? looked.count : 0;
    for (let at = from; at < ghost.witnessed.length; at++) {
      const offset = ghost.witnessed[at] ?? 0;
      if (offset < ghost.legalStart) continue;
      const found = log.at(offset)?.value;
      if (found === ghost.valueAt(offset)) continue;
      return `has ${found} at ${offset}, witnessed was ${ghost.valueAt(offset)}; its log is [${log.startOffset}, ${log.endOffset})`;
    }
    this.#looked.set(name, { rewrites: log.rewrites, count: ghost.witnessed.length });
    return undefined;
  }
}
