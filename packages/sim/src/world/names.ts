import type { NodeId } from '@moldau/base';

export const CONTROLLER_IDS: readonly NodeId[] = [11, 12, 13];
export const BROKER_IDS: readonly NodeId[] = [1, 2, 3];
/** Of worlds in which replicas move: among three brokers with three replicas there is nowhere to go. */
export const SPARE_BROKER_IDS: readonly NodeId[] = [4, 5];

const CONTROLLER_PORT = 19090;
const BROKER_PORT = 19100;
const KAFKA_PORT = 9092;

export function controllerHost(nodeId: NodeId): string {
  return `c${nodeId}`;
}

export function brokerHost(nodeId: NodeId): string {
  return `b${nodeId}`;
}

export function controllerAddress(nodeId: NodeId): string {
  return `${controllerHost(nodeId)}:${CONTROLLER_PORT}`;
}

export function brokerAddress(nodeId: NodeId): string {
  return `${brokerHost(nodeId)}:${BROKER_PORT}`;
}

/** Where Kafka clients find it. */
export function kafkaAddress(nodeId: NodeId): string {
  return `${brokerHost(nodeId)}:${KAFKA_PORT}`;
}
