import { type ErrorCode, parseAddress, RequestError } from '@moldau/base';
import { findCoordinator } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

const GROUP = 0;
const TRANSACTION = 1;
/** The first version with several keys. */
const BATCHED_FROM = 4;

export function findCoordinatorHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(findCoordinator, async ({ key, keyType, coordinatorKeys }, { apiVersion }) => {
    if (apiVersion < BATCHED_FROM) return find(groups, keyType, key);
    return { coordinators: await Promise.all(coordinatorKeys.map((each) => find(groups, keyType, each))) };
  });
}

interface Found {
  readonly key: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

async function find(groups: GroupCoordinator, keyType: number, key: string): Promise<Found> {
  // Not a code that asks to try again: a producer would do so until its deadline, and then not say why.
  if (keyType === TRANSACTION) return refused(key, 'INVALID_REQUEST', 'this broker does not serve transactions');
  if (keyType !== GROUP) return refused(key, 'INVALID_REQUEST', `there is no coordinator of type ${keyType}`);
  try {
    const { brokerId, kafkaAddress } = await groups.find(key);
    if (kafkaAddress === '') {
      return refused(key, 'COORDINATOR_NOT_AVAILABLE', `broker ${brokerId} has no listener for Kafka clients`);
    }
    const { host, port } = parseAddress(kafkaAddress);
    return { key, nodeId: brokerId, host, port, errorCode: outcomeNumber(undefined), errorMessage: null };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return refused(key, error.code, error.message);
  }
}

function refused(key: string, error: ErrorCode, errorMessage: string): Found {
  return { key, nodeId: -1, host: '', port: -1, errorCode: outcomeNumber(error), errorMessage };
}
