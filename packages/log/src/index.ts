export type { Frame, FrameSequence } from './journal/frame.ts';
export { FRAME_PAYLOAD_BYTES_MAX } from './journal/frame.ts';
export { FrameLog, type FrameLogOpening } from './journal/frame-log.ts';
export type { FrameLogCorruption, FrameLogOptions, FrameLogPorts } from './journal/frame-recovery.ts';
