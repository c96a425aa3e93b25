/** Sequence numbers of a producer's records count from 0 to 2^31 - 1 and start again: KIP-98. */
const SEQUENCE_MODULUS = 2 ** 31;

/** The sequence `count` records further. */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCE_MODULUS;
}

/**
 * How many records `to` lies behind `from`, in `[-2^30, 2^30)`: of two numbers on a circle, the nearer way tells which
 * came first. A producer has a handful of batches in flight, never half a circle.
 */
export function sequenceDistance(from: number, to: number): number {
  const forward = (((to - from) % SEQUENCE_MODULUS) + SEQUENCE_MODULUS) % SEQUENCE_MODULUS;
  return forward >= SEQUENCE_MODULUS / 2 ? forward - SEQUENCE_MODULUS : forward;
}
