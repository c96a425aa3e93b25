import { parseArgs } from 'node:util';
import { DevUsageError } from '@moldau/dev';

/** What `npm run bench` takes. */
export interface BenchOptions {
  readonly seconds: number;
  /** The disk that is measured, and that the cluster writes to, is that of this directory. */
  readonly data: string;
  /** On stdout; figures for people then go to stderr as they come. */
  readonly output: 'table' | 'json';
  /** A file for the JSON too. */
  readonly json: string | undefined;
}

export const BENCH_USAGE = `Usage: npm run bench -- [options]
       npm run bench -- connections [options]

Measures a local cluster of three brokers, beside the raw limits of this machine; or thousands of Kafka connections
to one broker, which has options of its own (npm run bench -- connections --help).

  --seconds N      of each measurement, default 10
  --data DIR       where files are written, default the current directory: its disk is measured
  -o, --output F   table or json; with json stdout holds one document, default table
  --json FILE      the document into a file
`;

/** @throws DevUsageError, and what parseArgs throws */
export function benchOptions(argv: string[]): BenchOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      seconds: { type: 'string', default: '10' },
      data: { type: 'string', default: '.' },
      output: { type: 'string', short: 'o', default: 'table' },
      json: { type: 'string' },
    },
  });
  const { data, output, json } = values;
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new DevUsageError(`--seconds is a number above 0, not ${JSON.stringify(values.seconds)}`);
  if (output !== 'table' && output !== 'json') {
    throw new DevUsageError(`--output is table or json, not ${JSON.stringify(output)}`);
  }
  if (data === '') throw new DevUsageError('--data names nothing');
  return { seconds, data, output, json };
}
