import type { ClusterImage } from '@moldau/metadata';
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '@moldau/proto';
import { brokerInEpoch } from './brokers.ts';
import type { Decision } from './decision.ts';

/** One batch of metadata per thousand producers; what a dead broker did not use is lost, and there are 2^53. */
const BLOCK_SIZE = 1_000;

/** @throws RequestError when the sender's run is over */
export function allocateProducerIds(
  image: ClusterImage,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsResponse> {
  brokerInEpoch(image, brokerId, brokerEpoch);
  const firstProducerId = image.nextProducerId;
  return {
    records: [
      {
        record: { kind: 'producerIds', value: { brokerId, brokerEpoch, nextProducerId: firstProducerId + BLOCK_SIZE } },
      },
    ],
    respond: () => ({ firstProducerId, count: BLOCK_SIZE }),
  };
}
