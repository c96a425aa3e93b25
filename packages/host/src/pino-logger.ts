import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogFields, Logger } from '@moldau/base';
import { destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import { humanLine } from './human-line.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** Events below it are dropped. Default info. */
  readonly level?: LogLevel;
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
  const settings = {
    level: options.level ?? 'info',
    base: null,
    messageKey: 'event',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  const human = options.human ?? (options.write === undefined && isatty(fileDescriptor));
  if (!human && options.write === undefined) {
    return new PinoLogger(pino(settings, destination({ fd: fileDescriptor, sync: true })));
  }
  const write = options.write ?? ((line: string) => void writeSync(fileDescriptor, line));
  return new PinoLogger(pino(settings, { write: human ? (line) => write(humanLine(line)) : write }));
}

class PinoLogger implements Logger {
  readonly #pino: Pino;

  constructor(inner: Pino) {
    this.#pino = inner;
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, event);
  }

  info(event: string, fields: LogFields = {}): void {
    this.#pino.info(fields, event);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, event);
  }

  error(event: string, fields: LogFields = {}): void {
    this.#pino.error(fields, event);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(fields));
  }
}
