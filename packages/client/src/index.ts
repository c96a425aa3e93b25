export type { AbortSignalLike, Codec } from '@moldau/base';
export type { RecordHeader } from '@moldau/records';
export { Admin, type AdminOptions, type ChangeOptions } from './admin/admin.ts';
export type * from './admin/admin-types.ts';
export type * from './admin/group-types.ts';
export { Client, type ClientOptions } from './client.ts';
export { bytes, float64, int32, int64, json, string } from './codec.ts';
export { Consumer, type MessageBatch } from './consumer/consumer.ts';
export type {
  Assignment,
  AssignmentOptions,
  ConsumerOptions,
  GroupOptions,
  MembershipOptions,
  OffsetReset,
  ReadOptions,
  RebalanceListener,
  StartFrom,
} from './consumer/consumer-options.ts';
export { type ClientErrorCode, type ItemOutcome, MoldauError, PartialFailureError } from './errors.ts';
export type { AssignorName } from './group/assignor.ts';
export type { CommittedOffset, OffsetAndMetadata } from './group/committed-offset.ts';
export { createClient, type NodeClientOptions } from './node.ts';
export type { PartitionName } from './partition-name.ts';
export type { ClientPorts } from './ports.ts';
export { partitionOfKey } from './producer/partitioner.ts';
export { Producer } from './producer/producer.ts';
export type { Acks, CompressionType, DeliveryReport, ProducerOptions } from './producer/producer-options.ts';
export type { HeadersInit, Message, ProducerRecord, RecordMetadata } from './record.ts';
