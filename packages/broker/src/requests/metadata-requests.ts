import { errorNumber, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import { type ClusterImage, type TopicImage, topicByName } from '@moldau/metadata';
import { ApiService, BrokerInfo, ControllerService, MetadataResponse, PartitionInfo, TopicInfo } from '@moldau/proto';
import type { ControllerLink } from '../lifecycle/controller-link.ts';
import type { MetadataObserver } from '../metadata/metadata-observer.ts';
import { quotaHandler } from './client-quotas.ts';
import { checkCurrent } from './request-context.ts';
import { scramHandler } from './scram-credentials.ts';

/** A broker that is this far behind is asked in vain: the client takes another. */
const WAIT_MS_MAX = 1000;
const FORWARD_TIMEOUT_MS = 2000;

/** What every broker answers from the metadata that it has applied. */
export function metadataHandlers(
  observer: MetadataObserver,
  link: ControllerLink,
  isCurrent: () => boolean,
): RpcHandler[] {
  return [
    unaryHandler(ApiService.metadata, async ({ topics, minMetadataOffset, brokersOnly }) => {
      if (!(await observer.awaitOffset(minMetadataOffset, WAIT_MS_MAX))) {
        const message = `this broker has applied metadata up to ${observer.image.offset}, not ${minMetadataOffset}`;
        throw new RequestError('REQUEST_TIMED_OUT', `${message}; ask again, or another broker`);
      }
      if (!brokersOnly) checkCurrent(isCurrent);
      const { image } = observer;
      return MetadataResponse.create({
        metadataOffset: image.offset,
        clusterId: image.clusterId,
        controllerId: link.active?.nodeId ?? -1,
        brokers: brokerInfos(image),
        topics: brokersOnly ? [] : topicInfos(image, topics),
      });
    }),
    quotaHandler(() => observer.image),
    scramHandler(() => observer.image),
    unaryHandler(ApiService.describeQuorum, (request) =>
      link.call(ControllerService.describeQuorum, request, FORWARD_TIMEOUT_MS),
    ),
  ];
}

function brokerInfos(image: ClusterImage): BrokerInfo[] {
  return [...image.brokers.values()].map((broker) =>
    BrokerInfo.create({
      brokerId: broker.brokerId,
      grpcAddress: broker.grpcAddress,
      kafkaAddress: broker.kafkaAddress,
      rack: broker.rack,
      host: broker.host,
      brokerEpoch: broker.brokerEpoch,
      fenced: broker.fenced,
      shuttingDown: broker.shuttingDown,
    }),
  );
}

function topicInfos(image: ClusterImage, names: readonly string[]): TopicInfo[] {
  if (names.length === 0) return [...image.topics.values()].map(topicInfo);
  return names.map((name) => {
    const topic = topicByName(image, name);
    if (topic !== undefined) return topicInfo(topic);
    const errorCode = errorNumber('UNKNOWN_TOPIC_OR_PARTITION');
    return TopicInfo.create({ errorCode, message: `there is no topic ${name}`, name });
  });
}

function topicInfo(topic: TopicImage): TopicInfo {
  return TopicInfo.create({
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitions.map((state) =>
      PartitionInfo.create({
        partition: state.partition,
        leaderId: state.leader,
        leaderEpoch: state.leaderEpoch,
        partitionEpoch: state.partitionEpoch,
        replicas: state.replicas.map((replica) => replica.brokerId),
        isr: state.isr,
        elr: state.elr,
        addingReplicas: state.addingReplicas,
        removingReplicas: state.removingReplicas,
      }),
    ),
  });
}
