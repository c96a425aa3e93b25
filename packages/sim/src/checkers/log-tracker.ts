import { crc32c, type MetadataOffset } from '@moldau/base';
import type { QuorumView } from '../observation.ts';

interface Seen {
  lastIndex: MetadataOffset;
  lastTerm: number;
}

/**
 * Which entries of a node's metadata log are new since the last look, so that checkers cost what changed and not what is
 * there. A log whose end moved back or changed its term was rewritten: it is looked at whole.
 */
export class LogTracker {
  readonly #seen = new Map<string, Seen>();

  /** `[from, to]`, empty when from > to. */
  fresh(node: QuorumView): { readonly from: MetadataOffset; readonly to: MetadataOffset } {
    const life = `${node.nodeId}/${node.directoryId}/${node.life}`;
    const seen = this.#seen.get(life);
    const to = node.lastIndex;
    const lastTerm = node.termAt(to) ?? 0;
    this.#seen.set(life, { lastIndex: to, lastTerm });
    const rewritten = seen === undefined || to < seen.lastIndex || node.termAt(seen.lastIndex) !== seen.lastTerm;
    return { from: rewritten ? node.baseIndex + 1 : Math.max(seen.lastIndex, node.baseIndex) + 1, to };
  }
}

/** Stands for an entry's content. */
export function entryHash(entry: { readonly kind: string; readonly payload: Uint8Array }): number {
  return crc32c(entry.payload, entry.kind.length);
}
