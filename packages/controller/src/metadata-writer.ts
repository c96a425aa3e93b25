/**
 * The one writer of the metadata, and its one reader of the log.
 *
 * On every node committed batches are applied to `committed`. On the active controller decisions are taken on
 * `projected`: the committed image and the node's own batches that are on their way. So requests need not wait for one
 * another, and each sees what those before it decided. States: following -> leading (a new term) -> following; on losing
 * leadership the projection and everything on its way are dropped: what of it is committed after all comes back through the
 * log, and whoever waited is told that the outcome is unknown.
 */
import {
  assert,
  type ClusterId,
  type ControllerEpoch,
  type MetadataOffset,
  NO_LEADER,
  type NodeId,
  type Ports,
  RequestError,
} from '@moldau/base';
import {
  advanceImage,
  applyBatch,
  type ClusterDelta,
  type ClusterImage,
  decodeBatch,
  decodeSnapshot,
  EMPTY_IMAGE,
  encodeBatch,
  encodeSnapshot,
  METADATA_BATCH_VERSION,
} from '@moldau/metadata';
import type { MetadataRecord } from '@moldau/proto';
import type { Entry } from '@moldau/raft';
import type { Decision } from './managers/decision.ts';
import type { CommittedLog } from './metadata-feed/committed-log.ts';
import type { QuorumListener, QuorumNode } from './quorum-node.ts';

/** Requests beyond this are turned away; events of brokers are not, and there is at most one of each kind per broker. */
const IN_FLIGHT_MAX = 1_000;

/** A batch on its way through the quorum, applied to the projection. */
interface InFlight {
  readonly offset: MetadataOffset;
  readonly image: ClusterImage;
  readonly delta: ClusterDelta;
  readonly settle: { readonly done: () => void; readonly lost: (error: RequestError) => void };
  readonly settled: Promise<void>;
}

interface Leading {
  readonly term: ControllerEpoch;
  projected: ClusterImage;
  readonly inFlight: InFlight[];
}

/** Who wants to hear of changes. All calls are synchronous. */
export interface MetadataReactions {
  onApplied(image: ClusterImage, delta: ClusterDelta): void;
  onSnapshot(image: ClusterImage): void;
  onLeading(term: ControllerEpoch): void;
  onFollowing(): void;
}

export class MetadataWriter implements QuorumListener {
  readonly #ports: Ports;
  readonly #log: CommittedLog;
  readonly #reactions: MetadataReactions;
  #quorum: QuorumNode | undefined;
  #committed: ClusterImage = EMPTY_IMAGE;
  #leading: Leading | undefined;
  #batchesWritten = 0;
  #recordsWritten = 0;

  constructor(ports: Ports, log: CommittedLog, reactions: MetadataReactions) {
    this.#ports = ports;
    this.#log = log;
    this.#reactions = reactions;
  }

  /** The quorum loads its snapshot into this listener when it is opened, so it comes in afterwards, before it starts. */
  attach(quorum: QuorumNode): void {
    this.#quorum = quorum;
  }

  get committed(): ClusterImage {
    return this.#committed;
  }

  get projected(): ClusterImage {
    return this.#leading?.projected ?? this.#committed;
  }

  get clusterId(): ClusterId | undefined {
    return this.#quorum?.clusterId;
  }

  get leaderId(): NodeId {
    return this.#quorum?.state.leaderId ?? NO_LEADER;
  }

  get leading(): boolean {
    return this.#leading !== undefined;
  }

  get inFlightCount(): number {
    return this.#leading?.inFlight.length ?? 0;
  }

  get written(): { readonly batches: number; readonly records: number } {
    return { batches: this.#batchesWritten, records: this.#recordsWritten };
  }

  /**
   * Decides on the projection and answers once it is committed.
   *
   * @throws RequestError what `decide` throws; NOT_CONTROLLER when this node does not lead, and nothing was done;
   * REQUEST_TIMED_OUT when it stopped leading meanwhile, and the outcome is unknown
   */
  async submit<Response>(decide: (image: ClusterImage) => Decision<Response>): Promise<Response> {
    const leading = this.#requireLeading();
    if (leading.inFlight.length >= IN_FLIGHT_MAX) {
      throw new RequestError('REQUEST_TIMED_OUT', 'The controller has too much to do. Nothing was changed; try again.');
    }
    const { records, respond } = decide(leading.projected);
    // Without records too the answer rests on what may not be committed yet.
    const last = records.length > 0 ? this.write(records) : leading.inFlight.at(-1);
    const offset = leading.projected.offset;
    if (last !== undefined) await last.settled;
    return respond(offset);
  }

  /** Writes one batch that no request waits for. Only while leading. */
  write(records: readonly MetadataRecord[]): { readonly settled: Promise<void> } {
    const leading = this.#requireLeading();
    assert(this.#quorum !== undefined, 'a leader has a quorum');
    const timestampMs = this.#ports.clock.wallMs();
    const batch = { version: METADATA_BATCH_VERSION, records, timestampMs };
    // Applied before it is proposed: what cannot be applied here would stop every node that finds it in the log.
    const offset = this.#quorum.state.logEnd + 1;
    const { image, delta } = applyBatch(leading.projected, batch, { offset, epoch: leading.term });
    const { index, committed } = this.#quorum.propose(encodeBatch(records, timestampMs));
    assert(index === offset, 'a batch is proposed at the offset for which it was applied', { index, offset });
    const { promise, resolve, reject } = deferred();
    leading.projected = image;
    leading.inFlight.push({ offset: index, image, delta, settled: promise, settle: { done: resolve, lost: reject } });
    this.#batchesWritten++;
    this.#recordsWritten += records.length;
    // Whether it was committed is learned from the log; here only that it cannot be known any more.
    committed.catch((error: unknown) => reject(error instanceof RequestError ? error : outcomeUnknown(error)));
    return { settled: promise };
  }

  onCommitted(entries: readonly Entry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  onSnapshot(bytes: Uint8Array): void {
    assert(this.#leading === undefined, 'a leader never loads a snapshot');
    const image = decodeSnapshot(bytes);
    assert(image.offset >= this.#committed.offset, 'a snapshot is not older than what is applied', {
      offset: image.offset,
    });
    this.#committed = image;
    this.#log.reset(image);
    this.#reactions.onSnapshot(image);
  }

  takeSnapshot(): { readonly bytes: Uint8Array; readonly index: MetadataOffset } {
    return { bytes: encodeSnapshot(this.#committed), index: this.#committed.offset };
  }

  onLeadership({ leader, term }: { readonly leader: boolean; readonly term: ControllerEpoch }): void {
    const before = this.#leading;
    this.#leading = undefined;
    if (before !== undefined) {
      for (const { settle } of before.inFlight) settle.lost(outcomeUnknown());
      this.#reactions.onFollowing();
    }
    if (!leader) return;
    this.#leading = { term, projected: this.#committed, inFlight: [] };
    this.#reactions.onLeading(term);
  }

  #apply({ index, term, kind, payload }: Entry): void {
    const at = { offset: index, epoch: term };
    const own = this.#leading?.inFlight[0];
    if (own?.offset === index && this.#leading?.term === term) {
      this.#leading.inFlight.shift();
      this.#append(at, payload, own.image);
      this.#reactions.onApplied(own.image, own.delta);
      own.settle.done();
      return;
    }
    if (kind === 'data') {
      assert(this.#leading === undefined, 'only the leader writes in its term', { index, term });
      const { image, delta } = applyBatch(this.#committed, decodeBatch(payload), at);
      this.#append(at, payload, image);
      this.#reactions.onApplied(image, delta);
      return;
    }
    this.#append(at, new Uint8Array(), advanceImage(this.#committed, at));
    if (this.#leading?.inFlight.length === 0) this.#leading.projected = this.#committed;
  }

  #append(
    at: { readonly offset: MetadataOffset; readonly epoch: ControllerEpoch },
    bytes: Uint8Array,
    image: ClusterImage,
  ): void {
    assert(image.offset === at.offset, 'an image is that of its entry', { ...at, imageOffset: image.offset });
    this.#committed = image;
    this.#log.append({ ...at, bytes });
  }

  #requireLeading(): Leading {
    if (this.#leading === undefined) throw this.notController();
    return this.#leading;
  }

  /** The refusal that tells where to go. */
  notController(): RequestError {
    const { leaderId, leaderAddress } = this.#quorum?.state ?? { leaderId: -1 };
    const where =
      leaderId < 0
        ? 'No controller is active now; try again in a moment.'
        : `Ask controller ${leaderId}${leaderAddress === undefined ? '' : ` at ${leaderAddress}`}.`;
    return new RequestError('NOT_CONTROLLER', `This node is not the active controller. ${where}`);
  }
}

/** Never NOT_CONTROLLER: who hears that asks the next one for the same again, and is told that the topic exists already. */
function outcomeUnknown(cause?: unknown): RequestError {
  const message =
    'This node stopped being the active controller before the change was committed; it may be committed yet. Look whether it took effect before trying again.';
  return new RequestError('REQUEST_TIMED_OUT', message, { cause });
}

function deferred(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: () => void = () => assert(false, 'a promise runs its executor at once');
  let reject: (error: Error) => void = () => assert(false, 'a promise runs its executor at once');
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  // A batch that nobody waits for may be lost; whoever waits sees the rejection on the same promise.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
