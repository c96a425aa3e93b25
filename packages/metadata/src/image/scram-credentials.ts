import type { RemoveScramCredentialRecord, ScramCredentialRecord } from '@moldau/proto';

/** What a login is checked against. It goes into no answer and no log: passwords can be guessed with it. */
export type ScramCredential = ScramCredentialRecord;

export function scramKey({ user, mechanism }: RemoveScramCredentialRecord): string {
  return `${mechanism}/${user}`;
}
