import { NO_ERROR, type NodeId, type Offset, type PartitionId, type TopicId, topicPartitionKey } from '@moldau/base';
import { partitionOf } from '@moldau/metadata';
import { ApiService, type ListOffsetsRequest, type ListOffsetsResponse } from '@moldau/proto';
import { newestImage } from '../../checkers/partition-state.ts';
import type { Ghost } from '../../ghost/ghost.ts';
import type { Observation } from '../../observation.ts';
import { BROKER_IDS, brokerAddress, SPARE_BROKER_IDS } from '../names.ts';
import type { Tap } from '../tapped-rpc.ts';

const LATEST = -1;

interface Surroundings {
  readonly ghost: Ghost;
  readonly watch: { readonly observation: Observation };
}

/**
 * A client asks this broker where the partition ends. The leader, as metadata has it from the question to the answer, names
 * no end below what was known when it was asked: another one may be behind and not know it yet. Returns who judges the answer.
 */
export function awaitNamedEnd(
  world: Surroundings,
  brokerId: NodeId | undefined,
  { topicId, partition }: { readonly topicId: TopicId; readonly partition: PartitionId },
): ((offset: Offset) => void) | undefined {
  const leads = (): boolean => {
    const image = newestImage(world.watch.observation);
    return brokerId !== undefined && image !== undefined && partitionOf(image, topicId, partition)?.leader === brokerId;
  };
  const least = world.ghost.partition(topicPartitionKey(topicId, partition))?.trueHighWatermark;
  if (least === undefined || !leads()) return undefined;
  return (offset) => {
    if (offset >= least || !leads()) return;
    world.ghost.shortEndSeen(
      `broker ${brokerId} names ${offset} as the end of ${topicId}:${partition}, known was ${least}`,
    );
  };
}

/** Hears which ends of partitions brokers name to clients of the gRPC door. */
export function namedEndsTap(world: Surroundings): Tap {
  return {
    asked(path, request, address) {
      if (!isListOffsets(path, request)) return undefined;
      const brokerId = [...BROKER_IDS, ...SPARE_BROKER_IDS].find((each) => brokerAddress(each) === address);
      const judges = request.items.map((item) =>
        item.timestamp === LATEST ? awaitNamedEnd(world, brokerId, item) : undefined,
      );
      return (response) => {
        if (!isAnswer(path, response)) return;
        for (const [index, { errorCode, offset }] of response.results.entries()) {
          if (errorCode === NO_ERROR) judges[index]?.(offset);
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
