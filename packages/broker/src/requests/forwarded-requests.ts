import { RequestError, RpcError, type RpcHandler, type UnaryMethod, unaryHandler } from '@moldau/base';
import { ApiService, ControllerService } from '@moldau/proto';
import type { ControllerLink } from '../lifecycle/controller-link.ts';
import type { MetadataObserver } from '../metadata/metadata-observer.ts';

const FORWARD_TIMEOUT_MS = 10_000;
/** A change is answered once this broker has applied it, so that who asked it next sees it here. */
export const APPLY_WAIT_MS = 1000;

/** Administration: decided by the active controller. */
export function forwardedHandlers(observer: MetadataObserver, link: ControllerLink): RpcHandler[] {
  const forward = <Request, Response>(
    method: UnaryMethod<Request, Response>,
    to: UnaryMethod<Request, Response>,
  ): RpcHandler =>
    unaryHandler(method, async (request) => {
      const response = await askController(link, to, request);
      const offset = metadataOffsetOf(response);
      if (offset > 0) await observer.awaitOffset(offset, APPLY_WAIT_MS);
      return response;
    });
  return [
    forward(ApiService.createTopics, ControllerService.createTopics),
    forward(ApiService.deleteTopics, ControllerService.deleteTopics),
    forward(ApiService.createPartitions, ControllerService.createPartitions),
    forward(ApiService.alterConfigs, ControllerService.alterConfigs),
    forward(ApiService.alterPartitionReassignments, ControllerService.alterPartitionReassignments),
    forward(ApiService.alterClientQuotas, ControllerService.alterClientQuotas),
    forward(ApiService.alterScramCredentials, ControllerService.alterScramCredentials),
    forward(ApiService.electLeaders, ControllerService.electLeaders),
    forward(ApiService.updateFeatures, ControllerService.updateFeatures),
    forward(ApiService.unregisterBroker, ControllerService.unregisterBroker),
    forward(ApiService.addVoter, ControllerService.addVoter),
    forward(ApiService.removeVoter, ControllerService.removeVoter),
  ];
}

/** Asks for a change. @throws RequestError NOT_CONTROLLER: nothing was done; REQUEST_TIMED_OUT: it may have been */
export async function askController<Request, Response>(
  link: ControllerLink,
  method: UnaryMethod<Request, Response>,
  request: Request,
  timeoutMs: number = FORWARD_TIMEOUT_MS,
): Promise<Response> {
  try {
    return await link.call(method, request, timeoutMs);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // Two codes, since their reader tries again on the strength of one of them.
    if (error.code === 'refused') {
      throw new RequestError('NOT_CONTROLLER', `no controller could be asked (${error.message}); try again`, {
        cause: error,
      });
    }
    const message = `the controller gave no answer (${error.message}); look whether it took effect before trying again`;
    throw new RequestError('REQUEST_TIMED_OUT', message, { cause: error });
  }
}

/** Of the change that the answer is about; 0 when it is about none. */
function metadataOffsetOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('metadataOffset' in response)) return 0;
  return typeof response.metadataOffset === 'number' ? response.metadataOffset : 0;
}
