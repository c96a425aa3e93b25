import type { ScramMechanism } from '@moldau/proto';

const MECHANISMS: readonly ScramMechanism[] = ['unspecified', 'sha-256', 'sha-512'];

/** "unspecified": there is none of that number. */
export function scramMechanism(number: number): ScramMechanism {
  return MECHANISMS[number] ?? 'unspecified';
}

export function scramMechanismNumber(mechanism: ScramMechanism): number {
  return MECHANISMS.indexOf(mechanism);
}
