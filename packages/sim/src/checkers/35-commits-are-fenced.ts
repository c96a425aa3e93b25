import { type GroupEvent, groupEvents } from '../ghost/group-history.ts';
import { complain, type Invariant } from './checker.ts';
import { ToldGenerations } from './told-generations.ts';

type Commit = GroupEvent & { readonly kind: 'commit' };

export const commitsAreFenced: Invariant = {
  name: '35-commits-are-fenced',
  sentence:
    'A commit is kept only from the newest generation that was told to anybody when it was sent, and from the newest run of a static member.',
  create() {
    const check = complain(commitsAreFenced.name);
    const events = groupEvents();
    const generations = new ToldGenerations();
    const sent = new Map<
      string,
      { readonly commit: Commit; readonly generation: number; readonly run: string | undefined }
    >();
    /** `group instance` -> the member id of its newest run that was told an assignment. */
    const runs = new Map<string, string>();
    return ({ ghost }) => {
      for (const [index, event] of events(ghost.groups)) {
        generations.note(index, event);
        if (event.kind === 'assigned' && event.instanceId !== null) {
          runs.set(`${event.group} ${event.instanceId}`, event.memberId);
        } else if (event.kind === 'commit') {
          const generation = generations.before(event.group, index);
          sent.set(event.commitId, { commit: event, generation, run: runs.get(`${event.group} ${event.instanceId}`) });
        } else if (event.kind === 'committed') {
          const known = sent.get(event.commitId);
          sent.delete(event.commitId);
          if (known === undefined || event.outcome !== 'kept') continue;
          const { group, memberId, generation } = known.commit;
          const what = `${group}: a commit of ${memberId} in generation ${generation} is kept`;
          check(generation >= known.generation, () => `${what}, ${known.generation} was told before it was sent`);
          check(known.run === undefined || known.run === memberId, () => `${what}, the newest run is ${known.run}`);
        }
      }
    };
  },
};
