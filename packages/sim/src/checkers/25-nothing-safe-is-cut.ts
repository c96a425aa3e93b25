import { complain, type Invariant } from './checker.ts';

/** Noted where it happens (the log's observer in the world), since the state afterwards does not show it. */
export const nothingSafeIsCut: Invariant = {
  name: '25-nothing-safe-is-cut',
  sentence:
    "No replica truncates below its high watermark, and none is deleted before the broker's metadata has passed its own registration (NATS 7556).",
  create() {
    const check = complain(nothingSafeIsCut.name);
    return ({ ghost }) => {
      check(ghost.truncationsBelowHighWatermark.length === 0, () => ghost.truncationsBelowHighWatermark.join('; '));
      check(ghost.unfoundedDeletions.length === 0, () => ghost.unfoundedDeletions.join('; '));
    };
  },
};
