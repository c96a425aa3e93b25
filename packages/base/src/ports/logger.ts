/** Fields carry units in their names. Errors go under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The least important events that a process writes. It may be changed at any time, and all its loggers follow. */
export interface LogThreshold {
  level: LogLevel;
}

/**
 * Events, not prose: a constant message plus fields. Levels by who must act: `error` an operator now, `warn` an operator
 * soon, `info` nobody (a change of state worth a line), `debug` a developer.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}
