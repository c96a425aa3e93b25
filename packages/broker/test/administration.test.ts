import { errorNumber, NO_ERROR, RequestError } from '@moldau/base';
import { expect, test } from 'vitest';
import { outcomeAt, told } from '../src/kafka/administration.ts';

test('what the controllers do not speak of is no success', () => {
  const outcomes = [
    { errorCode: NO_ERROR, message: '' },
    { errorCode: errorNumber('INVALID_REQUEST'), message: 'Give one.' },
  ];
  expect([0, 1, 2].map((index) => told(outcomeAt(outcomes, index)))).toEqual([
    { errorCode: NO_ERROR, errorMessage: null },
    { errorCode: errorNumber('INVALID_REQUEST'), errorMessage: 'Give one.' },
    { errorCode: errorNumber('UNKNOWN_SERVER_ERROR'), errorMessage: expect.stringContaining('do not say') },
  ]);
  expect(told(new RequestError('INVALID_REQUEST', 'no'))).toEqual({
    errorCode: errorNumber('INVALID_REQUEST'),
    errorMessage: 'no',
  });
});
