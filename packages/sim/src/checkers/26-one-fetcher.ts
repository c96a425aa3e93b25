import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

/** A replica that catches up may have its old and its new subscription open only one after the other. */
export const oneFetcher: Invariant = {
  name: '26-one-fetcher',
  sentence: 'A follower follows one leader at a time, a leader none.',
  create() {
    const check = complain(oneFetcher.name);
    return (observation) => {
      for (const broker of observation.brokers) {
        for (const replica of broker.replicas) {
          if (!isChanged(observation, replica.key)) continue;
          const most = replica.role === 'follower' ? 1 : 0;
          check(
            replica.fetcherCount <= most,
            () =>
              `broker ${broker.brokerId}, ${replica.role} of ${replica.key}, has ${replica.fetcherCount} subscriptions`,
          );
        }
      }
    };
  },
};
