import { errorNumber, RequestError } from '@moldau/base';
import { type AlterScramCredentialsRequest, ControllerService } from '@moldau/proto';
import { alterUserScramCredentials, type RequestOf } from '@moldau/protocol';
import { APPLY_WAIT_MS, askController } from '../../requests/forwarded-requests.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';
import { scramMechanism } from '../scram-mechanisms.ts';

type Request = RequestOf<typeof alterUserScramCredentials>;

/** Clients look at the message of a result when its code is not 0, so one that was stored can say that it has no effect yet. */
export function alterUserScramCredentialsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(alterUserScramCredentials, async (request) => {
    try {
      const answer = await askController(context.link, ControllerService.alterScramCredentials, toController(request));
      await context.observer.awaitOffset(answer.metadataOffset, APPLY_WAIT_MS);
      return {
        results: answer.outcomes.map(({ user, outcome }) => {
          const { errorCode, message } = outcome ?? { errorCode: 0, message: '' };
          return { user, errorCode, errorMessage: errorCode === 0 ? answer.notice : message };
        }),
      };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name));
      const errorCode = errorNumber(error.code);
      return { results: [...users].map((user) => ({ user, errorCode, errorMessage: error.message })) };
    }
  });
}

function toController({ deletions, upsertions }: Request): AlterScramCredentialsRequest {
  return {
    deletions: deletions.map(({ name, mechanism }) => ({ user: name, mechanism: scramMechanism(mechanism) })),
    upsertions: upsertions.map(({ name, mechanism, iterations, salt, saltedPassword }) => {
      return { user: name, mechanism: scramMechanism(mechanism), iterations, salt, saltedPassword };
    }),
  };
}
