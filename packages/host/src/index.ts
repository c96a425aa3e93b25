export { openLevelStore } from './level-store.ts';
export { nativeChecksum } from './native-checksum.ts';
export { nodeByteStreams } from './node-byte-streams.ts';
export { NodeDisk } from './node-disk.ts';
export { NodeRandom } from './node-random.ts';
export { NodeTimers } from './node-timers.ts';
export { type LoggerOptions, type LogLevel, pinoLogger } from './pino-logger.ts';
export { EXIT_CODE_STOPPED, realPorts } from './real-ports.ts';
export { systemClock } from './system-clock.ts';
