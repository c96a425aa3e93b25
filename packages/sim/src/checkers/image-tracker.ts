import type { ClusterImage } from '@moldau/metadata';
import type { Observation } from '../observation.ts';

/**
 * Hands each committed image that any controller shows to a checker once, in order. Controllers apply the same batches, so
 * the most advanced one stands for all; images between two looks may be skipped, as a look follows every event.
 */
export class ImageTracker {
  #last: ClusterImage | undefined;

  next({
    quorum,
  }: Observation): { readonly before: ClusterImage | undefined; readonly after: ClusterImage } | undefined {
    let newest = this.#last;
    for (const { image } of quorum) if (newest === undefined || image.offset > newest.offset) newest = image;
    if (newest === undefined || newest === this.#last) return undefined;
    const before = this.#last;
    this.#last = newest;
    return { before, after: newest };
  }
}
