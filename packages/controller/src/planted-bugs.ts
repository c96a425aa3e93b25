/**
 * Faults that tests switch on to prove that the checkers find them. Each inverts one condition; production passes none.
 * The quorum's own are in PlantedRaftBug.
 *
 * - `no-broker-epoch-check`: a follower of an earlier uptime is taken into the ISR.
 * - `fenced-broker-elected`: a fenced member of an ELR is elected.
 * - `unclean-broker-kept-in-elr`: a damaged or emptied replica keeps its claim to lead.
 */
export type PlantedControllerBug = 'no-broker-epoch-check' | 'fenced-broker-elected' | 'unclean-broker-kept-in-elr';
