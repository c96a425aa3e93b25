export { runScript, type Script, wholeNumber } from './script.ts';
export { DevError, DevUsageError } from './supervisor/cluster-plan.ts';
export { askSupervisor, type ControlAction, type ControlAnswer, type NodeStatus } from './supervisor/control.ts';
export { DATA_DEFAULT } from './supervisor/data-directory.ts';
export { type DevUpOptions, devUp } from './supervisor/dev-up.ts';
export { findFreePorts } from './supervisor/free-ports.ts';
export { LocalCluster, type LocalClusterOptions } from './supervisor/local-cluster.ts';
