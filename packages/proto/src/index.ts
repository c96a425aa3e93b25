export type { MessageCodec } from './codec.ts';
export * from './gen/api-v1.ts';
export * from './gen/controller-v1.ts';
export * from './gen/metadata-v1.ts';
export * from './gen/replication-v1.ts';
