import { topicPartitionKey } from '@moldau/base';
import { allPartitions, type BrokerState, type ClusterImage } from '@moldau/metadata';
import type { Observation } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';
import { ImageTracker } from './image-tracker.ts';
import { newestImage } from './partition-state.ts';

/**
 * KIP-966 with design's reading: a crash that left the directory intact costs nothing where acknowledgements wait for the
 * flush. Later a leader may take it back in, under its new epoch.
 */
export const uncleanIsExcluded: Invariant = {
  name: '15-unclean-is-excluded',
  sentence:
    'A broker that crashed does not register as cleanly stopped. One that registers with a damaged or new directory is in no ISR and no ELR; after any crash in none of a `replicated` topic.',
  create() {
    const check = complain(uncleanIsExcluded.name);
    const tracker = new ImageTracker();
    const registered = new Set<string>();
    /** Looked at in the batch that registers the broker. */
    const checkRegistration = ({ ghost }: Observation, image: ClusterImage, broker: BrokerState): void => {
      const { brokerId, directories } = broker;
      const lost = directories.some(({ verdict }) => verdict === 'damaged' || verdict === 'new');
      const crashed = directories.some(({ verdict }) => verdict === 'crashed-intact');
      if (!lost && !crashed) return;
      for (const { topicId, partition, isr, elr } of allPartitions(image)) {
        const name = topicPartitionKey(topicId, partition);
        const flushed = ghost.partition(name)?.flushed ?? true;
        if (!lost && flushed) continue;
        check(
          !isr.includes(brokerId) && !elr.includes(brokerId),
          () =>
            `${name}: broker ${brokerId} came back ${lost ? 'empty or damaged' : 'from a crash'} and is in isr ${isr} or elr ${elr}`,
        );
      }
    };
    /** Of each life the first registration: a later one has lost nothing since. */
    const checkVerdicts = (observation: Observation): void => {
      const image = newestImage(observation);
      for (const { brokerId, life, brokerEpoch } of observation.brokers) {
        const broker = image?.brokers.get(brokerId);
        const name = `${brokerId} ${life}`;
        if (broker?.brokerEpoch !== brokerEpoch || registered.has(name)) continue;
        registered.add(name);
        check(
          !observation.ghost.afterCrash.has(brokerId) || broker.directories.every(({ verdict }) => verdict !== 'clean'),
          () => `broker ${brokerId} crashed and registers in epoch ${brokerEpoch} as cleanly stopped`,
        );
      }
    };
    return (observation) => {
      checkVerdicts(observation);
      for (const { before, after, isSingle } of tracker.next(observation)) {
        if (before === undefined || !isSingle) continue;
        for (const broker of after.brokers.values()) {
          if (broker.brokerEpoch === after.offset) checkRegistration(observation, after, broker);
        }
      }
    };
  },
};
