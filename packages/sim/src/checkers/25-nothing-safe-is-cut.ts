import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

/**
 * Truncations and deletions are noted where they happen (the log's observer in the world), since the state afterwards does
 * not show them.
 */
export const nothingSafeIsCut: Invariant = {
  name: '25-nothing-safe-is-cut',
  sentence:
    "No replica truncates below its high watermark; no log begins behind what retention may delete, which is nothing above the high watermark; and none is deleted before the broker's metadata has passed its own registration (NATS 7556).",
  create() {
    const check = complain(nothingSafeIsCut.name);
    return (observation) => {
      const { ghost } = observation;
      check(ghost.truncationsBelowHighWatermark.length === 0, () => ghost.truncationsBelowHighWatermark.join('; '));
      check(ghost.unfoundedDeletions.length === 0, () => ghost.unfoundedDeletions.join('; '));
      for (const [key, { legalStart }] of ghost.partitions) {
        if (!isChanged(observation, key)) continue;
        for (const [brokerId, { startOffset }] of ghost.logsOf(key)) {
          check(
            startOffset <= legalStart,
            () => `the log of ${key} on broker ${brokerId} begins at ${startOffset}, not at ${legalStart} or before`,
          );
        }
      }
    };
  },
};
