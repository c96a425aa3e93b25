import { isChanged, type Observation } from '../../observation.ts';

/**
 * What lies below a leader's high watermark counts as known: an acknowledgement or a consumer may be on its way with it. So a
 * wrong step is seen when it is made, and not only when a client happens to hear of it.
 */
export function noteCommitted(observation: Observation): void {
  const { ghost, brokers } = observation;
  for (const { brokerId, replicas } of brokers) {
    for (const { role, key, highWatermark } of replicas) {
      if (role !== 'leader' || !isChanged(observation, key)) continue;
      const partition = ghost.partition(key);
      if (partition === undefined || highWatermark <= partition.committedEnd) continue;
      const log = ghost.log(brokerId, key);
      for (let offset = Math.max(partition.committedEnd, log.startOffset); offset < highWatermark; offset++) {
        const record = log.at(offset);
        if (record !== undefined) partition.witness('committed', { offset, value: record.value });
      }
      partition.committedEnd = highWatermark;
    }
  }
}
