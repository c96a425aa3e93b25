import { RequestError } from '@moldau/base';
import { ControllerService } from '@moldau/proto';
import { type RequestOf, updateFeatures } from '@moldau/protocol';
import { changeCluster, repeated, told } from '../administration.ts';
import { builtInLevel, KAFKA_FEATURES } from '../features.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Update = RequestOf<typeof updateFeatures>['featureUpdates'][number];

const UPGRADE_TYPES: readonly number[] = [1, 2, 3];

/** All levels change, or none. The controllers decide on one feature, which is all that have levels so far. */
export function updateFeaturesHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(updateFeatures, async ({ featureUpdates, timeoutMs, validateOnly }) => {
    const error = problemOf(featureUpdates) ?? (await update(context, featureUpdates, { timeoutMs, validateOnly }));
    const results = error === undefined ? featureUpdates.map(({ feature }) => ({ ...told(undefined), feature })) : [];
    return { ...told(error), results };
  });
}

function problemOf(updates: readonly Update[]): RequestError | undefined {
  const [twice] = repeated(updates.map(({ feature }) => feature));
  if (twice !== undefined)
    return new RequestError('INVALID_REQUEST', `The request names ${twice} twice. Name it once.`);
  for (const { feature, maxVersionLevel: level, upgradeType } of updates) {
    const invalid = (message: string): RequestError => new RequestError('INVALID_UPDATE_VERSION', message);
    const known = KAFKA_FEATURES.find(({ name }) => name === feature);
    if (known === undefined)
      return invalid(`There is no feature "${feature}" here. ApiVersions lists those that there are.`);
    if (!UPGRADE_TYPES.includes(upgradeType)) return invalid(`There is no upgrade type ${upgradeType}.`);
    // What this broker cannot work with, not all brokers can.
    if (level < 0 || level > known.maxLevel)
      return invalid(
        `${feature} cannot be at level ${level}: this broker supports ${known.minLevel} to ${known.maxLevel}.`,
      );
    const fixed = builtInLevel(feature);
    if (fixed !== undefined && fixed !== level) return invalid(`${feature} is always at level ${fixed} here.`);
  }
  return undefined;
}

async function update(
  context: KafkaContext,
  updates: readonly Update[],
  { timeoutMs, validateOnly }: { readonly timeoutMs: number; readonly validateOnly: boolean },
): Promise<RequestError | undefined> {
  for (const { feature: name, maxVersionLevel: level } of updates) {
    if (builtInLevel(name) !== undefined) continue;
    const request = { name, level, validateOnly };
    const answer = await changeCluster(context, ControllerService.updateFeatures, request, timeoutMs);
    if (answer instanceof RequestError) return answer;
  }
  return undefined;
}
