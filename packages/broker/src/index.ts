export { Broker } from './broker.ts';
export type { BrokerHealthFact } from './broker-health.ts';
export type { BrokerConfig, KafkaListenerConfig } from './config.ts';
export type { CoordinatorInspection } from './groups/group-coordinator.ts';
export type { GroupSettings } from './groups/group-settings.ts';
export { decodeGroupRecord, type GroupRecord } from './groups/records.ts';
export type { BrokerInspection, PartitionInspection } from './inspection.ts';
export type { PlantedBrokerBug } from './planted-bugs.ts';
export { start } from './start.ts';
