import type { RemoveScramCredentialRecord, ScramCredentialRecord } from '@moldau/proto';

/** A secret: it goes into no answer and no log. */
export type ScramCredential = ScramCredentialRecord;

export function scramKey({ user, mechanism }: RemoveScramCredentialRecord): string {
  return `${mechanism}/${user}`;
}
