import { errorNumber } from '@moldau/base';
import { type ApiVersionRange, apiVersions } from '@moldau/protocol';
import { finalizedLevels, KAFKA_FEATURES } from '../features.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** KIP-511: what may stand in a metric or a log without further thought. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const SOFTWARE_FROM_VERSION = 3;
/** Before it, a feature whose lowest level is 0 could not be said. */
const LEVEL_ZERO_FROM_VERSION = 4;

export function apiVersionsHandler(context: KafkaContext, advertised: () => readonly ApiVersionRange[]): KafkaHandler {
  return kafkaHandler(apiVersions, (request, { apiVersion }) => {
    const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
    if (apiVersion >= SOFTWARE_FROM_VERSION && !(SOFTWARE_NAME.test(name) && SOFTWARE_NAME.test(version))) {
      return { errorCode: errorNumber('INVALID_REQUEST'), apiKeys: [] };
    }
    const image = context.requests.image();
    // A client that means another cluster, or another node, has stale addresses: it is to look everything up again.
    const isElsewhere =
      (request.clusterId !== null && image.clusterId !== '' && request.clusterId !== image.clusterId) ||
      (request.nodeId >= 0 && request.nodeId !== context.requests.nodeId);
    if (isElsewhere) return { errorCode: errorNumber('REBOOTSTRAP_REQUIRED'), apiKeys: [] };
    return {
      errorCode: 0,
      apiKeys: advertised(),
      supportedFeatures: KAFKA_FEATURES.filter(
        ({ minLevel }) => minLevel > 0 || apiVersion >= LEVEL_ZERO_FROM_VERSION,
      ).map(({ name: feature, minLevel, maxLevel }) => ({ name: feature, minVersion: minLevel, maxVersion: maxLevel })),
      finalizedFeaturesEpoch: image.offset,
      finalizedFeatures: finalizedLevels(image.features).map(([feature, level]) => ({
        name: feature,
        maxVersionLevel: level,
        minVersionLevel: level,
      })),
    };
  });
}
