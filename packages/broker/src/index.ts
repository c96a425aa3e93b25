export { Broker, type BrokerHealthFact } from './broker.ts';
export type { BrokerConfig } from './config.ts';
export type { BrokerInspection, PartitionInspection } from './inspection.ts';
export type { PlantedBrokerBug } from './planted-bugs.ts';
export { start } from './start.ts';
