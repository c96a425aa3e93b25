import type { PlantedRaftBug } from '@moldau/raft';

/**
 * Faults that tests switch on to prove that the checkers find them. Each inverts one condition; production passes none.
 * The quorum's own are in PlantedRaftBug.
 *
 * - `no-broker-epoch-check`: a follower of an earlier uptime is taken into the ISR.
 * - `fenced-broker-elected`: a fenced member of an ELR is elected.
 * - `unclean-broker-kept-in-elr`: a damaged or emptied replica keeps its claim to lead.
 * - `reassignment-completes-before-isr`: the old replicas go at once, and do not wait until the new ones are in the ISR.
 * - `reassigned-replica-starts-in-isr`: a replica that a reassignment adds is in the ISR while it is empty.
 */
export type PlantedControllerBug =
  | 'no-broker-epoch-check'
  | 'fenced-broker-elected'
  | 'unclean-broker-kept-in-elr'
  | 'reassignment-completes-before-isr'
  | 'reassigned-replica-starts-in-isr';

const CONTROLLER_BUGS: readonly PlantedControllerBug[] = [
  'no-broker-epoch-check',
  'fenced-broker-elected',
  'unclean-broker-kept-in-elr',
  'reassignment-completes-before-isr',
  'reassigned-replica-starts-in-isr',
];

type PlantedBugs = ReadonlySet<PlantedControllerBug | PlantedRaftBug>;

export function controllerBugs(bugs: PlantedBugs | undefined): ReadonlySet<PlantedControllerBug> {
  return new Set(CONTROLLER_BUGS.filter((bug) => bugs?.has(bug) === true));
}

export function raftBugs(bugs: PlantedBugs): ReadonlySet<PlantedRaftBug> {
  const own: ReadonlySet<string> = new Set(CONTROLLER_BUGS);
  return new Set([...bugs].filter((bug): bug is PlantedRaftBug => !own.has(bug)));
}
