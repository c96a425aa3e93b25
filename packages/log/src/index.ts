export type { LogDirectoryEvents, LogDirectoryPorts, LogObserver } from './directory/directory-core.ts';
export { LogDirectory, type LogDirectoryOptions } from './directory/log-directory.ts';
export { DirectoryRefusedError } from './directory/meta.ts';
export type { DirectoryVerdict } from './directory/verdict.ts';
export type { Frame, FrameSequence } from './journal/frame.ts';
export { FRAME_PAYLOAD_BYTES_MAX } from './journal/frame.ts';
export { FrameLog, type FrameLogOpening } from './journal/frame-log.ts';
export type { FrameLogCorruption, FrameLogOptions, FrameLogPorts } from './journal/frame-recovery.ts';
export type { PartitionFrame, ReplicaName } from './journal/partition-frames.ts';
export {
  LOG_CONFIG_DEFAULT,
  LOG_DIRECTORY_CONFIG_DEFAULT,
  type LogConfig,
  type LogDirectoryConfig,
} from './log-config.ts';
export type { EpochEntry } from './partition/epoch-history.ts';
export type { Refusal } from './partition/log-host.ts';
export type { AppendResult, LogEpochs, ReadResult } from './partition/log-types.ts';
export { PartitionLog } from './partition/partition-log.ts';
export { NO_PRODUCERS } from './partition/producer-state.ts';
export type { ReadLimits } from './partition/tail.ts';
export { type FoundByTimestamp, firstOf, type TimestampedOffset } from './partition/timestamps.ts';
export type { LogPlantedBug, PlantedBugs } from './planted-bugs.ts';
export { type DumpedBatch, dumpSegment, type SegmentFault } from './segment/dump-segment.ts';
