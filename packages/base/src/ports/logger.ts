/** Fields carry units in their names. Errors go under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

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
