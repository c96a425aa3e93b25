/**
 * The loggers of a broker as resources with configs (KIP-412): a level for each name. Here all events of a process are of one
 * logger, "root". Its level is that of the process until that ends; the next start reads `log.level`.
 */
import { type LogLevel, type LogThreshold, RequestError } from '@moldau/base';
import type { AskedChange } from './altering-configs.ts';

const ROOT = 'root';
/** The levels of Kafka's loggers. Two of them have no counterpart: the nearest is taken, and is what is described. */
const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['TRACE', 'debug'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'error'],
]);

/** Each logger and its level, as Kafka's tools write it. */
export function describeLoggers({ level }: LogThreshold): { readonly name: string; readonly value: string }[] {
  return [{ name: ROOT, value: level.toUpperCase() }];
}

/** The level that is asked for, undefined when nothing is. @throws RequestError */
export function askedLevel(changes: readonly AskedChange[]): LogLevel | undefined {
  let asked: LogLevel | undefined;
  for (const { name, value, listChange } of changes) {
    if (listChange !== 'unspecified')
      throw new RequestError('INVALID_REQUEST', `The level of the logger ${name} is not a list: set it.`);
    if (name !== ROOT)
      throw new RequestError(
        'INVALID_CONFIG',
        `There is no logger ${JSON.stringify(name)}. All events are of "${ROOT}".`,
      );
    if (value === undefined)
      throw new RequestError(
        'INVALID_REQUEST',
        `The logger ${ROOT} has a level as long as the broker runs: set another.`,
      );
    asked = LEVELS.get(value);
    if (asked === undefined) {
      const message = `${JSON.stringify(value)} is no level of the logger ${ROOT}. Give one of ${[...LEVELS.keys()].join(', ')}.`;
      throw new RequestError('INVALID_CONFIG', message);
    }
  }
  return asked;
}
