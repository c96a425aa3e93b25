import {
  type BrokerEpoch,
  type NodeId,
  type ProducerId,
  RequestError,
  RpcError,
  type RpcHandler,
  unaryHandler,
} from '@moldau/base';
import { AllocateProducerIdsRequest, ApiService, ControllerService } from '@moldau/proto';
import type { ControllerLink } from '../lifecycle/controller-link.ts';

const ALLOCATE_TIMEOUT_MS = 5000;

/** Producer ids, given out from blocks that the controller grants to this run of the broker. Each id is given out once. */
export class ProducerIds {
  readonly #link: ControllerLink;
  readonly #nodeId: NodeId;
  readonly #brokerEpoch: () => BrokerEpoch | undefined;
  #next: ProducerId = 0;
  #end: ProducerId = 0;
  #allocating: Promise<void> | undefined;

  constructor(link: ControllerLink, nodeId: NodeId, brokerEpoch: () => BrokerEpoch | undefined) {
    this.#link = link;
    this.#nodeId = nodeId;
    this.#brokerEpoch = brokerEpoch;
  }

  handler(): RpcHandler {
    return unaryHandler(ApiService.initProducerId, async () => ({ producerId: await this.take(), producerEpoch: 0 }));
  }

  /** @throws RequestError REQUEST_TIMED_OUT when the controller gives none now */
  async take(): Promise<ProducerId> {
    while (this.#next >= this.#end) {
      this.#allocating ??= this.#allocate().finally(() => {
        this.#allocating = undefined;
      });
      await this.#allocating;
    }
    return this.#next++;
  }

  async #allocate(): Promise<void> {
    const brokerEpoch = this.#brokerEpoch();
    if (brokerEpoch === undefined)
      throw new RequestError('REQUEST_TIMED_OUT', 'this broker is not registered yet; ask again');
    const request = AllocateProducerIdsRequest.create({ brokerId: this.#nodeId, brokerEpoch });
    try {
      const block = await this.#link.call(ControllerService.allocateProducerIds, request, ALLOCATE_TIMEOUT_MS);
      this.#next = block.firstProducerId;
      this.#end = block.firstProducerId + block.count;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      // A block that was granted and never seen is lost, which costs nothing.
      throw new RequestError('REQUEST_TIMED_OUT', 'the controller did not grant producer ids; ask again', {
        cause: error,
      });
    }
  }
}
