import { expect, test } from 'vitest';
import { Lease } from '../src/lifecycle/lease.ts';

test('a lease counts from the sending of the heartbeat, and echoes out of order do not shorten it', () => {
  const lease = new Lease();
  expect(lease.over(0)).toBe(true);
  lease.renewed({ sentMs: 1000, sessionTimeoutMs: 4000, fenced: false });
  lease.renewed({ sentMs: 500, sessionTimeoutMs: 4000, fenced: false });
  expect(lease.over(4999)).toBe(false);
  expect(lease.over(5000)).toBe(true);
});

test('the answer to a heartbeat from before the unfencing does not fence again', () => {
  const lease = new Lease();
  expect(lease.fenced).toBe(true);
  lease.setFenced(false, 100);
  lease.renewed({ sentMs: 90, sessionTimeoutMs: 4000, fenced: true });
  expect(lease.fenced).toBe(false);
  lease.renewed({ sentMs: 200, sessionTimeoutMs: 4000, fenced: true });
  expect(lease.fenced).toBe(true);
});

test('a new registration starts fenced and without lease', () => {
  const lease = new Lease();
  lease.setFenced(false, 0);
  lease.renewed({ sentMs: 0, sessionTimeoutMs: 4000, fenced: false });
  lease.reset();
  expect(lease.fenced).toBe(true);
  expect(lease.over(0)).toBe(true);
});
