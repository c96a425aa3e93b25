import { errorNumber } from '@moldau/base';
import { describeCluster } from '@moldau/protocol';
import { CLUSTER_OPERATIONS_ALLOWED, type KafkaContext, kafkaNode, OPERATIONS_UNTOLD } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

const BROKERS = 1;
const CONTROLLERS = 2;

export function describeClusterHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(describeCluster, (request) => {
    const { clusterId, brokers } = context.requests.image();
    const { endpointType } = request;
    if (endpointType !== BROKERS) {
      const code = endpointType === CONTROLLERS ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE';
      const errorMessage = 'a broker lists brokers: controllers do not speak this protocol';
      return { errorCode: errorNumber(code), errorMessage, endpointType, clusterId, brokers: [] };
    }
    return {
      errorCode: 0,
      endpointType,
      clusterId,
      controllerId: context.requests.nodeId,
      brokers: [...brokers.values()].flatMap((broker) => {
        const node = kafkaNode(broker);
        if (node === undefined || (broker.fenced && !request.includeFencedBrokers)) return [];
        return [{ brokerId: node.nodeId, host: node.host, port: node.port, rack: node.rack, isFenced: broker.fenced }];
      }),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? CLUSTER_OPERATIONS_ALLOWED
        : OPERATIONS_UNTOLD,
    };
  });
}
