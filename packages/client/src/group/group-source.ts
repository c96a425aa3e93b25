import type { BrokerCalls } from '../cluster/broker-calls.ts';
import type { OffsetSource } from '../cluster/list-offsets.ts';

/** What talking to groups needs. */
export interface GroupSource extends OffsetSource {
  readonly calls: BrokerCalls;
}
