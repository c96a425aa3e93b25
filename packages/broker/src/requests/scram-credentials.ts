import { errorNumber, NO_ERROR, type RpcHandler, unaryHandler } from '@moldau/base';
import type { ClusterImage } from '@moldau/metadata';
import { ApiService, type DescribedScramUser, type ScramCredentialInfo } from '@moldau/proto';

export function scramHandler(image: () => ClusterImage): RpcHandler {
  return unaryHandler(ApiService.describeScramCredentials, ({ users }) =>
    Promise.resolve({ users: describeScramCredentials(image(), users) }),
  );
}

/** Which credentials these users have, or all of them have: never what they log in with. */
export function describeScramCredentials(image: ClusterImage, users: readonly string[]): DescribedScramUser[] {
  const found = new Map<string, ScramCredentialInfo[]>();
  for (const { user, mechanism, iterations } of image.credentials.values()) {
    const credentials = found.get(user) ?? [];
    credentials.push({ mechanism, iterations });
    found.set(user, credentials);
  }
  const wanted = users.length === 0 ? [...found.keys()] : [...new Set(users)];
  return wanted.map((user) => {
    const refused = (code: 'DUPLICATE_RESOURCE' | 'RESOURCE_NOT_FOUND', message: string): DescribedScramUser => {
      return { user, outcome: { errorCode: errorNumber(code), message }, credentials: [] };
    };
    if (users.indexOf(user) !== users.lastIndexOf(user))
      return refused('DUPLICATE_RESOURCE', 'The user is asked for twice in one request. Name it once.');
    const credentials = found.get(user);
    if (credentials === undefined) return refused('RESOURCE_NOT_FOUND', 'There is no credential of this user.');
    return { user, outcome: { errorCode: NO_ERROR, message: '' }, credentials };
  });
}
