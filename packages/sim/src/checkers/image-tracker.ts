import { advanceImage, applyBatch, type ClusterImage, decodeBatch } from '@moldau/metadata';
import type { Observation, QuorumView } from '../observation.ts';

export interface ImageStep {
  /** Undefined: this is the first image. */
  readonly before: ClusterImage | undefined;
  readonly after: ClusterImage;
  /** Exactly one entry of the log lies between the two: what happened in it can be judged. */
  readonly isSingle: boolean;
}

/** What lies between two images, for all trackers: they go from the same image to the same. */
const known = new WeakMap<ClusterImage, { readonly before: ClusterImage; readonly steps: readonly ImageStep[] }>();

/**
 * Hands the committed images to a checker, once and in order. Controllers apply the same entries, so the most advanced one
 * stands for all. Several entries may become committed in one event: the images between are then made from the entries.
 */
export class ImageTracker {
  #last: ClusterImage | undefined;

  next({ quorum }: Observation): readonly ImageStep[] {
    let newest = this.#last;
    for (const { image } of quorum) if (newest === undefined || image.offset > newest.offset) newest = image;
    if (newest === undefined || newest === this.#last) return [];
    const before = this.#last;
    this.#last = newest;
    if (before === undefined) return [{ before, after: newest, isSingle: false }];
    const cached = known.get(newest);
    if (cached?.before === before) return cached.steps;
    const steps = stepsBetween(before, newest, quorum);
    known.set(newest, { before, steps });
    return steps;
  }
}

/** One step for each entry; a single one over all when an entry is no longer to be had. */
function stepsBetween(before: ClusterImage, after: ClusterImage, quorum: readonly QuorumView[]): readonly ImageStep[] {
  const steps: ImageStep[] = [];
  let image = before;
  for (let offset = before.offset + 1; offset < after.offset; offset++) {
    const next = imageAt(image, offset, quorum);
    if (next === undefined) return [{ before, after, isSingle: false }];
    steps.push({ before: image, after: next, isSingle: true });
    image = next;
  }
  steps.push({ before: image, after, isSingle: true });
  return steps;
}

function imageAt(image: ClusterImage, offset: number, quorum: readonly QuorumView[]): ClusterImage | undefined {
  for (const { commitIndex, entryAt } of quorum) {
    const entry = commitIndex < offset ? undefined : entryAt(offset);
    if (entry === undefined) continue;
    const at = { offset, epoch: entry.term };
    return entry.kind === 'data' ? applyBatch(image, decodeBatch(entry.payload), at).image : advanceImage(image, at);
  }
  return undefined;
}
