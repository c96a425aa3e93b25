export { CONTROLLER_TIMES, type ControllerConfig, type ControllerTimes, type InitialVoter } from './config.ts';
export { type Controller, type ControllerHealth, type ControllerInspection, start } from './controller.ts';
export type { PlantedControllerBug } from './planted-bugs.ts';
export { QuorumDirectoryError } from './quorum/quorum-directory-error.ts';
export type { QuorumNode, QuorumState } from './quorum-node.ts';
