import { type ErrorCode, RequestError } from '@moldau/base';
import type { Output, Refusal } from '@moldau/raft';

const CODES: Readonly<Record<Refusal, ErrorCode>> = {
  'not-leader': 'NOT_CONTROLLER',
  transferring: 'NOT_CONTROLLER',
  'too-large': 'MESSAGE_TOO_LARGE',
  overloaded: 'REQUEST_TIMED_OUT',
  'not-ready': 'REQUEST_TIMED_OUT',
  'change-pending': 'REQUEST_TIMED_OUT',
  'not-caught-up': 'REQUEST_TIMED_OUT',
  'duplicate-voter': 'DUPLICATE_VOTER',
  'wrong-address': 'INVALID_REQUEST',
  'voter-not-found': 'VOTER_NOT_FOUND',
  'last-voter': 'INVALID_REQUEST',
};

/** What the machine said to a proposal: where it stands, or why it does not. @throws RequestError */
export function proposedOrThrow(outputs: readonly Output[]): Extract<Output, { kind: 'proposed' }> {
  for (const output of outputs) {
    if (output.kind === 'proposed') return output;
    if (output.kind === 'refused') throw new RequestError(CODES[output.reason], output.message);
  }
  throw new RequestError('UNKNOWN_SERVER_ERROR', 'the quorum did not answer a proposal');
}
