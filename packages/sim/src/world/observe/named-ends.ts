import { NO_ERROR, topicPartitionKey } from '@moldau/base';
import { partitionOf } from '@moldau/metadata';
import { ApiService, type ListOffsetsRequest, type ListOffsetsResponse } from '@moldau/proto';
import { newestImage } from '../../checkers/partition-state.ts';
import type { Ghost } from '../../ghost/ghost.ts';
import type { Observation } from '../../observation.ts';
import { BROKER_IDS, brokerAddress } from '../names.ts';
import type { Tap } from '../tapped-rpc.ts';

const LATEST = -1;

interface Surroundings {
  readonly ghost: Ghost;
  readonly watch: { readonly observation: Observation };
}

/**
 * Hears which ends of partitions brokers name to clients. The leader, as metadata has it from the question to the answer,
 * names none below what was known when it was asked: another one may be behind and not know it yet.
 */
export function namedEndsTap(world: Surroundings): Tap {
  const leads = (address: string, topicId: string, partition: number): boolean => {
    const image = newestImage(world.watch.observation);
    const leader = image && partitionOf(image, topicId, partition)?.leader;
    return BROKER_IDS.some((brokerId) => brokerId === leader && brokerAddress(brokerId) === address);
  };
  return {
    asked(path, request, address) {
      if (!isListOffsets(path, request)) return undefined;
      const known = request.items.map(({ topicId, partition, timestamp }) => {
        const ghost = world.ghost.partition(topicPartitionKey(topicId, partition));
        if (timestamp !== LATEST || !leads(address, topicId, partition)) return undefined;
        return ghost?.trueHighWatermark;
      });
      return (response) => {
        if (!isAnswer(path, response)) return;
        for (const [index, { errorCode, offset }] of response.results.entries()) {
          const item = request.items[index];
          const least = known[index];
          if (item === undefined || least === undefined || errorCode !== NO_ERROR || offset >= least) continue;
          if (!leads(address, item.topicId, item.partition)) continue;
          world.ghost.shortEndSeen(
            `${address} names ${offset} as the end of ${item.topicId}:${item.partition}, known was ${least}`,
          );
        }
      };
    },
  };
}

/** The path says what the message is. */
function isListOffsets(path: string, _message: unknown): _message is ListOffsetsRequest {
  return path === ApiService.listOffsets.path;
}

function isAnswer(path: string, _message: unknown): _message is ListOffsetsResponse {
  return path === ApiService.listOffsets.path;
}
