import type { BrokerCalls } from '../cluster/broker-calls.ts';
import type { LeaderSource } from '../cluster/leader-calls.ts';

/** What talking to groups needs. */
export interface GroupSource extends LeaderSource {
  readonly calls: BrokerCalls;
}
