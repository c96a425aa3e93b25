import type { LogThreshold } from '@moldau/base';
import { expect, test } from 'vitest';
import { type LoggerOptions, pinoLogger } from '../src/index.ts';

function logged(options: LoggerOptions, log: (logger: ReturnType<typeof pinoLogger>) => void): string {
  let text = '';
  log(pinoLogger({ ...options, write: (line) => (text += line) }));
  return text;
}

test('an event is one line of JSON with its fields and those of its parents', () => {
  const text = logged({}, (logger) => logger.child({ broker: 1 }).warn('disk is slow', { latencyMs: 812 }));
  expect(text.endsWith('\n')).toBe(true);
  expect(JSON.parse(text)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    event: 'disk is slow',
    broker: 1,
    latencyMs: 812,
  });
});

test('events below the level are dropped', () => {
  const text = logged({ level: 'warn' }, (logger) => {
    logger.debug('a');
    logger.info('b');
    logger.error('c');
  });
  expect(JSON.parse(text)).toMatchObject({ event: 'c' });
});

test('a threshold that changes is that of all children, also of those before', () => {
  const level: LogThreshold = { level: 'info' };
  const events: unknown[] = [];
  const logger = pinoLogger({ level, write: (line) => events.push(JSON.parse(line).event) });
  const child = logger.child({ broker: 1 });
  child.debug('before');
  level.level = 'debug';
  child.debug('raised');
  level.level = 'error';
  logger.warn('lowered');
  child.error('still');
  expect(events).toEqual(['raised', 'still']);
});

test('an error keeps its message and stack', () => {
  const text = logged({}, (logger) => logger.error('it broke', { err: new TypeError('why') }));
  expect(JSON.parse(text).err).toMatchObject({ type: 'TypeError', message: 'why', stack: expect.any(String) });
});

test('people get a line, and the stack of an error below it', () => {
  const text = logged({ human: true }, (logger) =>
    logger.warn('disk is slow', { path: '/data', latencyMs: 812, err: new Error('why') }),
  );
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}disk is slow path=\/data latencyMs=812\n {2}Error: why\n {6}at /,
  );
});
