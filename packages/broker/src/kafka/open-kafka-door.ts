import type { Logger, Ports } from '@moldau/base';
import { brokerDynamicConfig } from '@moldau/metadata';
import type { KafkaListenerConfig } from '../config.ts';
import { kafkaApis } from './handlers.ts';
import type { KafkaContext } from './kafka-context.ts';
import type { KafkaCounters } from './kafka-counters.ts';
import { KafkaDoor } from './kafka-door.ts';
import { KAFKA_LIMITS } from './kafka-limits.ts';

/** Name of the listener in contexts and settings. */
const LISTENER = 'KAFKA';

/** Listens for Kafka clients. @throws ListenError */
export async function openKafkaDoor(
  ports: Ports,
  logger: Logger,
  config: KafkaListenerConfig,
  counters: KafkaCounters,
  behind: Omit<KafkaContext, 'timers' | 'random' | 'disk' | 'logThreshold'>,
): Promise<KafkaDoor> {
  const { requests } = behind;
  const { timers, random, disk, logThreshold } = ports;
  const context = { ...behind, timers, random, disk, logThreshold };
  const door = new KafkaDoor(ports, {
    listener: LISTENER,
    clock: ports.clock,
    logger,
    turn: context.requests.turn,
    inFlight: context.inFlight,
    counters,
    connectionRateMax: () => brokerDynamicConfig(requests.image(), requests.nodeId).connectionCreationRateMax,
    limits: { ...KAFKA_LIMITS, ...config.limits },
    apis: kafkaApis(context),
    stopProcess: ports.stopProcess,
  });
  await door.open(config.listenAddress, config.advertisedAddress);
  logger.info('listening for Kafka clients', { address: door.address });
  return door;
}
