import type { Logger } from '@moldau/base';
import { describe, expect, test } from 'vitest';

/** An event as whoever reads the log sees it. */
export interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LoggerWorld {
  /** Takes events of every level. */
  readonly logger: Logger;
  /** All that was logged so far, oldest first. */
  events(): readonly LoggedEvent[];
}

/** What every {@link Logger} does. */
export function loggerSuite(name: string, make: () => LoggerWorld): void {
  describe(name, () => {
    describe('events', () => eventsSuite(make));
    describe('fields', () => fieldsSuite(make));
  });
}

function eventsSuite(make: () => LoggerWorld): void {
  test('an event has its level, its message and its fields, and is there when the call returns', () => {
    const { logger, events } = make();
    logger.debug('frame read', { bytes: 12 });
    expect(events()).toEqual([{ level: 'debug', event: 'frame read', fields: { bytes: 12 } }]);
    logger.info('leader elected', { epoch: 3, voters: [1, 2, 3] });
    logger.warn('disk is slow', { path: '/data', latencyMs: 8.5 });
    logger.error('disk is gone');
    expect(events().slice(1)).toEqual([
      { level: 'info', event: 'leader elected', fields: { epoch: 3, voters: [1, 2, 3] } },
      { level: 'warn', event: 'disk is slow', fields: { path: '/data', latencyMs: 8.5 } },
      { level: 'error', event: 'disk is gone', fields: {} },
    ]);
  });

  test('events of parents and children stand in the order of the calls', () => {
    const { logger, events } = make();
    const child = logger.child({ broker: 1 });
    const other = logger.child({ broker: 2 });
    child.info('a');
    logger.error('b');
    other.debug('c');
    child.warn('d');
    expect(events().map(({ event }) => event)).toEqual(['a', 'b', 'c', 'd']);
  });
}

function fieldsSuite(make: () => LoggerWorld): void {
  test('a child says what its parents say, and no parent what its child says', () => {
    const { logger, events } = make();
    const broker = logger.child({ broker: 1 });
    const partition = broker.child({ topic: 'prices', partition: 0 });
    partition.info('became leader', { epoch: 4 });
    broker.info('fenced');
    logger.info('over');
    expect(events().map(({ fields }) => fields)).toEqual([
      { broker: 1, topic: 'prices', partition: 0, epoch: 4 },
      { broker: 1 },
      {},
    ]);
  });

  test('of two fields of one name the nearer to the event stands', () => {
    const { logger, events } = make();
    const child = logger.child({ node: 1, role: 'broker' }).child({ node: 2 });
    child.info('a');
    child.info('b', { role: 'controller' });
    expect(events().map(({ fields }) => fields)).toEqual([
      { node: 2, role: 'broker' },
      { node: 2, role: 'controller' },
    ]);
  });

  test('fields are those of the moment of the call', () => {
    const { logger, events } = make();
    const given = { epoch: 1 };
    const child = logger.child(given);
    child.info('a', given);
    given.epoch = 2;
    child.info('b');
    expect(events().map(({ fields }) => fields)).toEqual([{ epoch: 1 }, { epoch: 1 }]);
  });

  test('an error under err keeps its kind, its message and where it was thrown', () => {
    const { logger, events } = make();
    logger.error('it broke', { err: new RangeError('too far') });
    const [{ fields } = { fields: {} }] = events();
    expect(fields).toHaveProperty('err.stack', expect.stringMatching(/^RangeError: too far\n +at /));
  });

  test('whatever the fields are, logging does not throw', () => {
    const { logger, events } = make();
    const circle: unknown[] = [];
    circle.push(circle);
    logger.warn('odd', { circle, offset: 2n ** 60n, nested: { offset: 1n }, nothing: undefined, endless: Infinity });
    expect(events().map(({ event }) => event)).toEqual(['odd']);
  });
}
