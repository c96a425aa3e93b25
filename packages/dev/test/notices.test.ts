import { expect, test } from 'vitest';
import { endedText } from '../src/supervisor/notices.ts';

const plan = { name: 'broker-1', directory: '/d/broker-1' };

test('a node that was killed, with what starts it; under --restart nobody has to', () => {
  const end = { plan, died: false, exit: { code: null, signal: 'SIGKILL' as const } };
  const startCommand = 'npx moldau dev start broker-1 --data /d';
  expect(endedText({ ...end, startCommand })).toBe(`broker-1: ended by SIGKILL. Start it again with ${startCommand}`);
  expect(endedText({ ...end, startCommand: undefined })).toBe('broker-1: ended by SIGKILL');
});

test('a node that ended by itself, with where its words are', () => {
  const end = { plan, died: true, exit: { code: 70, signal: null }, startCommand: undefined };
  expect(endedText(end)).toBe('broker-1: ended with 70; see /d/broker-1/node.log');
});
