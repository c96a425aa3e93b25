import { complain, type Invariant } from './checker.ts';

/** A replica that catches up may have its old and its new subscription open only one after the other. */
export const oneFetcher: Invariant = {
  name: '26-one-fetcher',
  sentence: 'A follower follows one leader at a time, a leader none.',
  create() {
    const check = complain(oneFetcher.name);
    return ({ brokers }) => {
      for (const broker of brokers) {
        for (const replica of broker.replicas) {
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
