import { errorNumber, RequestError } from '@moldau/base';
import { AlterClientQuotasRequest, ControllerService } from '@moldau/proto';
import { alterClientQuotas, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { APPLY_WAIT_MS, askController } from '../../requests/forwarded-requests.ts';
import { outcomeAt } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Request = RequestOf<typeof alterClientQuotas>;
type Response = ResponseInput<typeof alterClientQuotas>;

/**
 * That quotas are not enforced yet stands in the log of the controller and in the answer of the gRPC door. This answer cannot say it:
 * sarama takes any message for a failure.
 */
export function alterClientQuotasHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(alterClientQuotas, async (request) => {
    try {
      const answer = await askController(context.link, ControllerService.alterClientQuotas, toController(request));
      await context.observer.awaitOffset(answer.metadataOffset, APPLY_WAIT_MS);
      return respond(request, (index) => outcomeAt(answer.outcomes, index));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return respond(request, () => ({ errorCode: errorNumber(error.code), message: error.message }));
    }
  });
}

function toController({ entries, validateOnly }: Request): AlterClientQuotasRequest {
  return AlterClientQuotasRequest.create({
    validateOnly,
    alterations: entries.map(({ entity, ops }) => ({
      entity: entity.map(({ entityType, entityName }) => ({ type: entityType, name: entityName ?? undefined })),
      changes: ops.map(({ key, value, remove }) => ({ key, value: remove ? undefined : value })),
    })),
  });
}

function respond(
  { entries }: Request,
  outcomeOf: (index: number) => { readonly errorCode: number; readonly message: string },
): Response {
  return {
    entries: entries.map(({ entity }, index) => {
      const { errorCode, message } = outcomeOf(index);
      return { errorCode, errorMessage: errorCode === 0 ? null : message, entity };
    }),
  };
}
