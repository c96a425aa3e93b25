export { type ByteStreamsWorld, byteStreamsSuite } from './byte-streams-suite.ts';
export { checksumSuite } from './checksum-suite.ts';
export { type DiskWorld, diskSuite } from './disk-suite.ts';
export { keyValueStoreSuite, type StoreWorld } from './key-value-store-suite.ts';
export { randomSuite } from './random-suite.ts';
export { rpcSuite } from './rpc-suite.ts';
export type { RpcWorld } from './rpc-toys.ts';
export type { SuiteWorld } from './suite-world.ts';
export { type TimersWorld, timersSuite } from './timers-suite.ts';
