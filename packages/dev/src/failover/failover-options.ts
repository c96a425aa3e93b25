import { parseArgs } from 'node:util';
import { wholeNumber } from '../script.ts';

/** What `npm run failover` takes. */
export interface FailoverOptions {
  readonly rounds: number;
  /** Records a second. */
  readonly rate: number;
  /** Killed nodes are started again by the supervisor, after 300 ms. */
  readonly supervised: boolean;
  /** All brokers are killed together, instead of one node after the other. */
  readonly allAtOnce: boolean;
}

export const FAILOVER_USAGE = `Usage: npm run failover -- [options]

Produces to a local cluster while nodes are killed with -9 and started again, then reads everything back.

  --rounds N      kills of each kind, default 10
  --rate N        records a second, default 3000
  --supervised    killed nodes are started again after 300 ms
  --all-at-once   all brokers are killed together
`;

/** @throws DevUsageError, and what parseArgs throws */
export function failoverOptions(argv: string[]): FailoverOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      rounds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '3000' },
      supervised: { type: 'boolean', default: false },
      'all-at-once': { type: 'boolean', default: false },
    },
  });
  return {
    // None would pass without a kill.
    rounds: wholeNumber('--rounds', values.rounds, 1),
    rate: wholeNumber('--rate', values.rate, 1),
    supervised: values.supervised,
    allAtOnce: values['all-at-once'],
  };
}
