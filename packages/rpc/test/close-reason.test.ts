import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { reasonOf } from '../src/close-reason.ts';

test.each([
  ['No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ', 'refused'],
  ['No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: a\nb', 'refused'],
])('where nobody listens the reason is what the system said: %j', (details, code) => {
  const reason = reasonOf({ code: status.UNAVAILABLE, details, metadata: new Metadata() });
  expect(reason).toEqual({ code, message: 'connect ECONNREFUSED 127.0.0.1:1' });
});

test('other words stay as they are', () => {
  const details = 'Name resolution failed for target dns:nohost.invalid:1';
  const reason = reasonOf({ code: status.UNAVAILABLE, details, metadata: new Metadata() });
  expect(reason).toEqual({ code: 'broken', message: details });
});
