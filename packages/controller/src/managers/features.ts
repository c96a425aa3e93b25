import { type ClusterId, RequestError } from '@moldau/base';
import {
  type ClusterImage,
  configProblem,
  METADATA_VERSION,
  METADATA_VERSION_DEFAULT,
  supportsFeature,
} from '@moldau/metadata';
import type { MetadataRecord, UpdateFeaturesRequest, UpdateFeaturesResponse } from '@moldau/proto';
import type { VoterFeatures } from '../quorum-node.ts';
import type { Decision } from './decision.ts';

/** The first batch of a cluster. */
export function foundCluster(clusterId: ClusterId, initialConfigs: ReadonlyMap<string, string>): MetadataRecord[] {
  const configs = [...initialConfigs].map(
    ([name, value]): MetadataRecord => ({
      record: { kind: 'config', value: { resourceType: 'founding', resourceName: '', name, value } },
    }),
  );
  return [
    { record: { kind: 'cluster', value: { clusterId } } },
    { record: { kind: 'featureLevel', value: { name: METADATA_VERSION, level: METADATA_VERSION_DEFAULT } } },
    ...configs,
  ];
}

/** @throws RequestError INVALID_CONFIG naming the one that is wrong */
export function checkInitialConfigs(configs: ReadonlyMap<string, string>): void {
  for (const [name, value] of configs) {
    const problem = configProblem('cluster', name, value);
    if (problem !== undefined) throw new RequestError('INVALID_CONFIG', problem);
  }
}

/**
 * A level is taken when every voter and every registered broker can run with it: one that cannot would stop when it applies the
 * record, and again at each start. @throws RequestError
 */
export function updateFeatures(
  image: ClusterImage,
  { name, level, validateOnly }: UpdateFeaturesRequest,
  voters: readonly VoterFeatures[],
): Decision<UpdateFeaturesResponse> {
  const current = image.features.get(name) ?? 0;
  const respond = (metadataOffset: number): UpdateFeaturesResponse => ({ metadataOffset });
  if (level === current) return { records: [], respond };
  if (level < current) {
    throw new RequestError(
      'INVALID_UPDATE_VERSION',
      `${name} is at level ${current}; it does not go back to ${level}. Records of level ${current} may be in the log.`,
    );
  }
  for (const { nodeId, features } of voters) {
    if (features === undefined) {
      throw new RequestError(
        'FEATURE_UPDATE_FAILED',
        `Controller ${nodeId} does not answer, and it is not known whether it supports ${name} at level ${level}. Start it, or remove its voter.`,
      );
    }
    if (!supportsFeature(features, name, level)) {
      throw new RequestError(
        'FEATURE_UPDATE_FAILED',
        `Controller ${nodeId} does not support ${name} at level ${level}. Upgrade it first.`,
      );
    }
  }
  const behind = [...image.brokers.values()].find(({ features }) => !supportsFeature(features, name, level));
  if (behind !== undefined) {
    throw new RequestError(
      'FEATURE_UPDATE_FAILED',
      `Broker ${behind.brokerId} does not support ${name} at level ${level}. Upgrade it first, or unregister it.`,
    );
  }
  return { records: validateOnly ? [] : [{ record: { kind: 'featureLevel', value: { name, level } } }], respond };
}
