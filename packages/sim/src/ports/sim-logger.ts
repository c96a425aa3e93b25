import { assert, type LogFields, type Logger, type LogLevel } from '@moldau/base';
import type { Scheduler } from './scheduler.ts';

const EVENTS_DEFAULT = 2_000;

export interface LogEvent {
  readonly timeMs: number;
  readonly node: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** The last events of all nodes of a world, for the report of a failure. */
export class LogRing {
  readonly #scheduler: Scheduler;
  readonly #eventsMax: number;
  readonly #events: LogEvent[] = [];
  readonly #listeners = new Map<string, (node: string) => void>();
  #next = 0;

  constructor(scheduler: Scheduler, eventsMax: number = EVENTS_DEFAULT) {
    assert(eventsMax > 0, 'a ring has room', { eventsMax });
    this.#scheduler = scheduler;
    this.#eventsMax = eventsMax;
  }

  add(node: string, level: LogLevel, event: string, fields: LogFields): void {
    this.#events[this.#next] = { timeMs: this.#scheduler.nowMs, node, level, event, fields };
    this.#next = (this.#next + 1) % this.#eventsMax;
    this.#scheduler.trace(event);
    this.#listeners.get(event)?.(node);
  }

  /** Calls the listener each time that a node logs this event: for what shows nowhere else. */
  onEvent(event: string, listener: (node: string) => void): void {
    this.#listeners.set(event, listener);
  }

  /** Oldest first. */
  events(): LogEvent[] {
    return [...this.#events.slice(this.#next), ...this.#events.slice(0, this.#next)];
  }

  /** One line for each event. */
  lines(): string[] {
    return this.events().map(({ timeMs, node, level, event, fields }) => {
      const shown = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`);
      return [timeMs.toFixed(3).padStart(12), node, level, event, ...shown].join(' ');
    });
  }
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export class SimLogger implements Logger {
  readonly #ring: LogRing;
  readonly #node: string;
  readonly #fields: LogFields;

  constructor(ring: LogRing, node: string, fields: LogFields = {}) {
    this.#ring = ring;
    this.#node = node;
    this.#fields = fields;
  }

  debug(event: string, fields?: LogFields): void {
    this.#add('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#add('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#add('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#add('error', event, fields);
  }

  child(fields: LogFields): Logger {
    return new SimLogger(this.#ring, this.#node, { ...this.#fields, ...fields });
  }

  #add(level: LogLevel, event: string, fields: LogFields | undefined): void {
    this.#ring.add(this.#node, level, event, fields === undefined ? this.#fields : { ...this.#fields, ...fields });
  }
}
