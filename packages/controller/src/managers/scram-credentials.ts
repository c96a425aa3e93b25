import { hmac, RequestError, SHA_256, SHA_512, utf8Encode } from '@moldau/base';
import { type ClusterImage, scramKey } from '@moldau/metadata';
import type {
  AlterScramCredentialsRequest,
  AlterScramCredentialsResponse,
  MetadataRecord,
  Outcome,
  RemoveScramCredentialRecord,
  ScramUpsertion,
} from '@moldau/proto';
import { attempt, type Decision, OK, refusal } from './decision.ts';

/** Said wherever credentials are stored, until somebody logs in with them. */
export const CREDENTIALS_NOTICE = 'Credentials are stored; this version authenticates nobody.';

const CLIENT_KEY = utf8Encode('Client Key');
const SERVER_KEY = utf8Encode('Server Key');
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;
/** Of salt and salted password; what is longer is none. */
const SECRET_BYTES_MAX = 1024;
const USER_LENGTH_MAX = 255;
/** Of one request: the keys of one take some 0.4 ms. */
const ITEMS_MAX = 100;
/** Of the cluster. Each change of one copies the map of all. */
const CREDENTIALS_MAX = 10_000;

/** All that is asked of one user is done or refused together. */
export function alterScramCredentials(
  image: ClusterImage,
  { deletions, upsertions }: AlterScramCredentialsRequest,
): Decision<AlterScramCredentialsResponse> {
  const items = [...deletions, ...upsertions];
  if (items.length > ITEMS_MAX)
    throw new RequestError(
      'INVALID_REQUEST',
      `${items.length} credentials are too many for one request: give at most ${ITEMS_MAX}.`,
    );
  const outcomes = new Map<string, Outcome>();
  const seen = new Set<string>();
  const judge = (of: RemoveScramCredentialRecord, check: () => void): void => {
    const problem = attempt(() => {
      checkNamed(of, seen);
      check();
    });
    const isRefused = (outcomes.get(of.user) ?? OK) !== OK;
    if (!isRefused) outcomes.set(of.user, problem === undefined ? OK : refusal(problem.code, problem.message));
  };
  for (const deletion of deletions) judge(deletion, () => checkDeletion(image, deletion));
  let count = image.credentials.size;
  for (const upsertion of upsertions) {
    judge(upsertion, () => {
      checkUpsertion(upsertion);
      if (!image.credentials.has(scramKey(upsertion)) && ++count > CREDENTIALS_MAX)
        throw new RequestError(
          'UNACCEPTABLE_CREDENTIAL',
          `A cluster has at most ${CREDENTIALS_MAX} credentials. Remove some.`,
        );
    });
  }
  const isTaken = ({ user }: { readonly user: string }): boolean => outcomes.get(user) === OK;
  const records: MetadataRecord[] = [
    ...deletions.filter(isTaken).map(({ user, mechanism }): MetadataRecord => {
      return { record: { kind: 'removeScramCredential', value: { user, mechanism } } };
    }),
    ...upsertions.filter(isTaken).map(credentialRecord),
  ];
  return {
    records,
    respond: (metadataOffset) => ({
      metadataOffset,
      outcomes: [...outcomes].map(([user, outcome]) => ({ user, outcome })),
      notice: CREDENTIALS_NOTICE,
    }),
  };
}

/** The two keys that a server needs: from them, unlike from the salted password, nobody can log in (RFC 5802, 3). */
function credentialRecord({ user, mechanism, iterations, salt, saltedPassword }: ScramUpsertion): MetadataRecord {
  const hash = mechanism === 'sha-256' ? SHA_256 : SHA_512;
  const storedKey = hash.digest(hmac(hash, saltedPassword, CLIENT_KEY));
  const serverKey = hmac(hash, saltedPassword, SERVER_KEY);
  const value = { user, mechanism, iterations, salt, storedKey, serverKey };
  return { record: { kind: 'scramCredential', value } };
}

/** @throws RequestError */
function checkNamed(of: RemoveScramCredentialRecord, seen: Set<string>): void {
  const { user, mechanism } = of;
  if (user === '') throw new RequestError('UNACCEPTABLE_CREDENTIAL', 'The name of the user is empty.');
  if (user.length > USER_LENGTH_MAX)
    throw new RequestError('UNACCEPTABLE_CREDENTIAL', `The name of the user is longer than ${USER_LENGTH_MAX}.`);
  if (mechanism === 'unspecified')
    throw new RequestError(
      'UNSUPPORTED_SASL_MECHANISM',
      'There is no such mechanism. Give SCRAM-SHA-256 or SCRAM-SHA-512.',
    );
  const key = scramKey(of);
  if (seen.has(key))
    throw new RequestError('DUPLICATE_RESOURCE', 'A credential is altered twice in one request. Name it once.');
  seen.add(key);
}

/** @throws RequestError */
function checkDeletion(image: ClusterImage, deletion: RemoveScramCredentialRecord): void {
  if (image.credentials.has(scramKey(deletion))) return;
  throw new RequestError('RESOURCE_NOT_FOUND', 'There is no such credential to delete.');
}

/** @throws RequestError */
function checkUpsertion({ iterations, salt, saltedPassword }: ScramUpsertion): void {
  if (iterations < ITERATIONS_MIN)
    throw new RequestError('UNACCEPTABLE_CREDENTIAL', `Too few iterations: give at least ${ITERATIONS_MIN}.`);
  if (iterations > ITERATIONS_MAX)
    throw new RequestError('UNACCEPTABLE_CREDENTIAL', `Too many iterations: give at most ${ITERATIONS_MAX}.`);
  for (const [name, { length }] of [
    ['salt', salt],
    ['salted password', saltedPassword],
  ] as const) {
    if (length === 0 || length > SECRET_BYTES_MAX)
      throw new RequestError(
        'UNACCEPTABLE_CREDENTIAL',
        `The ${name} has ${length} bytes: give 1 to ${SECRET_BYTES_MAX}.`,
      );
  }
}
