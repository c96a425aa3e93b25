import { groupEvents } from '../ghost/group-history.ts';
import { complain, type Invariant } from './checker.ts';

/** Of one commit: when it was sent, when it was first known to be there, and since when another one is known to have replaced it. */
interface Life {
  readonly sent: number;
  known: number;
  gone: number;
  isRefused: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

/** What was known, and how many events there were when. */
interface Newest {
  readonly sent: number;
  readonly known: number;
}

/**
 * A register for each partition of a group, in which each write is another one: a commit is there at some moment between its
 * sending and its answer, or at any later moment when it was not answered. What is read must fit some such order.
 */
export const committedOffsetsLast: Invariant = {
  name: '35-committed-offsets-last',
  sentence:
    'What is told to be committed is the last commit that was kept, or another one that may have come later; none is told after one that replaced it, and none that was refused.',
  create() {
    const check = complain(committedOffsetsLast.name);
    const events = groupEvents();
    const lives = new Map<string, Life>();
    const places = new Map<string, string>();
    /** `group partition` -> commits that are known to be there, or to have been. */
    const keptAt = new Map<string, Newest[]>();
    /** `group partition` -> what was read there last. */
    const readAt = new Map<string, { readonly commitId: string; readonly index: number }>();
    const know = (commitId: string, life: Life, index: number): void => {
      if (index >= life.known) return;
      life.known = index;
      const place = places.get(commitId) ?? '';
      const kept = keptAt.get(place) ?? [];
      keptAt.set(place, kept);
      // Of those known later, only one that was sent later as well says more.
      if (life.sent > (kept.at(-1)?.sent ?? -1)) kept.push({ sent: life.sent, known: index });
    };
    return ({ ghost }) => {
      for (const [index, event] of events(ghost.groups)) {
        if (event.kind === 'commit') {
          lives.set(event.commitId, { sent: index, known: NEVER, gone: NEVER, isRefused: false });
          places.set(event.commitId, `${event.group} ${event.partition}`);
        } else if (event.kind === 'committed') {
          const life = lives.get(event.commitId);
          if (life === undefined) continue;
          if (event.outcome === 'kept') know(event.commitId, life, index);
          life.isRefused = event.outcome === 'refused';
        } else if (event.kind === 'fetched') {
          const place = `${event.group} ${event.partition}`;
          const newest = keptAt.get(place)?.findLast(({ known }) => known < event.asked);
          const life = lives.get(event.commitId);
          const what = `${place}: ${event.commitId || 'nothing'} is told to be committed`;
          check(
            newest === undefined || (life !== undefined && life.known >= newest.sent),
            () => `${what}, another one was kept that was sent later`,
          );
          if (life === undefined) continue;
          check(!life.isRefused, () => `${what}, it was refused`);
          check(event.asked <= life.gone, () => `${what}, it was replaced before`);
          know(event.commitId, life, index);
          const last = readAt.get(place);
          if (last !== undefined && last.commitId !== event.commitId && last.index < event.asked) {
            const before = lives.get(last.commitId);
            if (before !== undefined) before.gone = Math.min(before.gone, index);
          }
          if (last === undefined || last.index < event.asked) readAt.set(place, { commitId: event.commitId, index });
        }
      }
    };
  },
};
