import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogFields, Logger, LogLevel, LogThreshold } from '@moldau/base';
import { destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import { humanLine } from './human-line.ts';

export interface LoggerOptions {
  /** Events below it are dropped, of all children too. Default info. An object is asked at each event, so that it may change. */
  readonly level?: LogLevel | LogThreshold | 'silent';
  /** Where lines go: standard output (1) or standard error (2). Default 2: standard output is for answers. */
  readonly fileDescriptor?: 1 | 2;
  /** Lines for people instead of JSON. Default: when a terminal is on the other end. */
  readonly human?: boolean;
  /** Takes the lines instead of a file descriptor. */
  readonly write?: (line: string) => void;
}

/** One line for each event: JSON, or for people. Written at once, so that the last words of a process are not lost. */
export function pinoLogger(options: LoggerOptions = {}): Logger {
  const fileDescriptor = options.fileDescriptor ?? 2;
  const { level = 'info' } = options;
  const threshold = typeof level === 'object' ? level : undefined;
  const settings = {
    // Children of pino keep the level they were born with: one that may change is looked at before.
    level: typeof level === 'object' ? 'debug' : level,
    base: null,
    messageKey: 'event',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  const human = options.human ?? (options.write === undefined && isatty(fileDescriptor));
  if (!human && options.write === undefined) {
    return new PinoLogger(pino(settings, destination({ fd: fileDescriptor, sync: true })), threshold);
  }
  const write = options.write ?? ((line: string) => void writeSync(fileDescriptor, line));
  return new PinoLogger(pino(settings, { write: human ? (line) => write(humanLine(line)) : write }), threshold);
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

class PinoLogger implements Logger {
  readonly #pino: Pino;
  readonly #threshold: LogThreshold | undefined;

  constructor(inner: Pino, threshold: LogThreshold | undefined) {
    this.#pino = inner;
    this.#threshold = threshold;
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields: LogFields = {}): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#write('error', event, fields);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(fields), this.#threshold);
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    if (this.#threshold !== undefined && RANKS[level] < RANKS[this.#threshold.level]) return;
    this.#pino[level](fields, event);
  }
}
