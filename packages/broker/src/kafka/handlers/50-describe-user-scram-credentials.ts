import { NO_ERROR } from '@moldau/base';
import { describeUserScramCredentials } from '@moldau/protocol';
import { describeScramCredentials } from '../../requests/scram-credentials.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { scramMechanismNumber } from '../scram-mechanisms.ts';

export function describeUserScramCredentialsHandler({ requests }: KafkaContext): KafkaHandler {
  return kafkaHandler(describeUserScramCredentials, ({ users }) => {
    const described = describeScramCredentials(requests.image(), users?.map(({ name }) => name) ?? []);
    return {
      errorCode: NO_ERROR,
      results: described.map(({ user, outcome, credentials }) => ({
        user,
        errorCode: outcome?.errorCode ?? NO_ERROR,
        errorMessage: outcome?.message || null,
        credentialInfos: credentials.map(({ mechanism, iterations }) => ({
          mechanism: scramMechanismNumber(mechanism),
          iterations,
        })),
      })),
    };
  });
}
