import { expect, test } from 'vitest';
import { BrokerLiveness } from '../src/brokers/broker-liveness.ts';
import { cluster } from './images.ts';

const SESSION_MS = 4000;

test('a stall moves the deadlines of the unheard, and adds nothing to those that were renewed after it', () => {
  const image = cluster();
  const [first, second] = [...image.brokers.values()].filter(({ fenced }) => !fenced);
  if (first === undefined || second === undefined) throw new Error('the image has two brokers');
  const liveness = new BrokerLiveness(SESSION_MS);
  liveness.follow(image, 0);
  // The process did not run from 1000 to 7000; the heartbeat of the first is read before the timer fires.
  liveness.heard(first.brokerId, first.brokerEpoch, 7000);
  liveness.delay(6000, 7000);
  expect(liveness.expired(9999)).toEqual([]);
  expect(liveness.expired(10_000)).toContain(second.brokerId);
  expect(liveness.expired(10_000)).not.toContain(first.brokerId);
  expect(liveness.expired(11_000)).toContain(first.brokerId);
});
