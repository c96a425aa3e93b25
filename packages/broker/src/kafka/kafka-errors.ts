import { type ErrorCode, errorNumber, NO_ERROR } from '@moldau/base';

/** An outcome as the protocol has it. */
export function outcomeNumber(error: ErrorCode | undefined): number {
  return error === undefined ? NO_ERROR : errorNumber(error);
}
