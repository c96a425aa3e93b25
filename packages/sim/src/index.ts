export type { Phase, RunEnd, RunOptions, ScheduleOptions } from './ports/scheduler.ts';
export { Scheduler } from './ports/scheduler.ts';
export { SimClock } from './ports/sim-clock.ts';
export { type DiskFault, type DiskLatency, type DiskOperation, SimDisk } from './ports/sim-disk.ts';
export { type LogEvent, type LogLevel, LogRing, SimLogger } from './ports/sim-logger.ts';
export { Life, SimProcess, type SimProcessOptions } from './ports/sim-process.ts';
export { SimRandom } from './ports/sim-random.ts';
export { openSimStore } from './ports/sim-store.ts';
export { SimTimers, type SimTimersOptions } from './ports/sim-timers.ts';
