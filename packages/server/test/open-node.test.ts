import { EMPTY_IMAGE } from '@moldau/metadata';
import { expect, test } from 'vitest';
import { OpenNode } from '../src/open-node.ts';
import type { RunningRole } from '../src/running-role.ts';

const ROLE: RunningRole = {
  address: '127.0.0.1:1',
  metrics: { samples: () => [] },
  health: () => [{ name: 'metadata', ok: true, detail: 'applied' }],
  inspect: () => ({ image: EMPTY_IMAGE }),
  close: () => Promise.resolve(),
};

test('a node of two roles is not ready before both run', async () => {
  const open = new OpenNode(2);
  expect(open.isReady).toBe(false);
  open.roles.push(ROLE);
  expect(open.isReady).toBe(false);
  expect(open.health()[0]).toEqual({ name: 'start', ok: false, detail: 'opening directories and listeners' });
  open.roles.push(ROLE);
  expect(open.isReady).toBe(true);
  await open.close();
});
