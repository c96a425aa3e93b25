import { parseArgs } from 'node:util';
import { DevUsageError, wholeNumber } from '@moldau/dev';

/** What `npm run bench -- connections` takes. */
export interface ConnectionsOptions {
  /** Connections that say hello and then nothing. */
  readonly idle: number;
  /** Connections that produce or fetch. */
  readonly active: number;
  /** Requests a second of all active ones together. */
  readonly rate: number;
  readonly seconds: number;
  /** The broker's files. */
  readonly data: string;
}

export const CONNECTIONS_USAGE = `Usage: npm run bench -- connections [options]

Opens Kafka connections to one broker, which runs in a process of its own, and prints the memory that it holds and the
latency of those connections that work.

  --idle N         connections that do nothing, default 5000
  --active N       connections that produce and fetch small records in turn, default 500
  --rate N         requests a second, of all of them together, default 1000
  --seconds N      of the measurement, default 10
  --data DIR       where the broker writes, default the current directory
`;

/** Beyond that one source address runs out of ports. */
const CONNECTIONS_MAX = 20_000;

/** @throws DevUsageError, and what parseArgs throws */
export function connectionsOptions(argv: string[]): ConnectionsOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      idle: { type: 'string', default: '5000' },
      active: { type: 'string', default: '500' },
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '10' },
      data: { type: 'string', default: '.' },
    },
  });
  const idle = wholeNumber('--idle', values.idle, 0);
  const active = wholeNumber('--active', values.active, 1);
  if (idle + active > CONNECTIONS_MAX) {
    throw new DevUsageError(`--idle and --active are ${CONNECTIONS_MAX} together at most, not ${idle + active}`);
  }
  if (values.data === '') throw new DevUsageError('--data names nothing');
  const rate = wholeNumber('--rate', values.rate, 1);
  return { idle, active, rate, seconds: wholeNumber('--seconds', values.seconds, 1), data: values.data };
}
