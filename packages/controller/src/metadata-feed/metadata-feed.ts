/**
 * One follower of the metadata: a broker, or whoever else observes. States: waiting for its first request -> snapshot
 * (when its position is not in the log any more) -> following -> closed. Only committed and applied batches are sent, in
 * order, within the follower's credit and while the transport takes them.
 *
 * A snapshot is pinned for free: it is the immutable image of the moment.
 */
import type { ClusterId, MetadataOffset, NodeId, RpcStream, RpcStreamEvents } from '@moldau/base';
import { type ClusterImage, encodeBatch, imageToBatches } from '@moldau/metadata';
import type { CommittedBatch, FollowMetadataRequest, FollowMetadataResponse, MetadataBatch } from '@moldau/proto';
import type { CommittedLog } from './committed-log.ts';

/** Batches of one message together; a single larger one goes alone. */
const MESSAGE_BYTES_MAX = 256 * 1024;
/** What an entry costs beside its bytes, so that empty ones use up the credit too. Part of the contract (controller.proto). */
const ENTRY_BYTES = 64;

/** What a feed reads; it changes nothing. */
export interface FeedSource {
  readonly image: ClusterImage;
  readonly log: CommittedLog;
  readonly clusterId: ClusterId;
  /** Whether this node knows a leader. One that is cut off must not pass for a quiet one. */
  readonly inContact: boolean;
}

export class MetadataFeed implements RpcStreamEvents<FollowMetadataRequest> {
  readonly #source: FeedSource;
  readonly #stream: RpcStream<FollowMetadataResponse>;
  readonly #onEnd: (feed: MetadataFeed) => void;
  #followerId: NodeId = -1;
  /** The follower has everything below; undefined before its first request. */
  #nextOffset: MetadataOffset | undefined;
  /** Claimed by the follower and not yet compared, because this node is behind it. */
  #claimed: { readonly offset: number; readonly epoch: number } | undefined;
  #snapshot:
    | { readonly image: ClusterImage; readonly batches: Iterator<MetadataBatch>; next: MetadataBatch | undefined }
    | undefined;
  #creditBytes = 0;
  #closed = false;

  constructor(source: FeedSource, stream: RpcStream<FollowMetadataResponse>, onEnd: (feed: MetadataFeed) => void) {
    this.#source = source;
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  get followerId(): NodeId {
    return this.#followerId;
  }

  onMessage(request: FollowMetadataRequest): void {
    if (this.#closed) return;
    this.#creditBytes += request.creditBytes;
    if (this.#nextOffset === undefined && this.#claimed === undefined) this.#begin(request);
    else this.pump(false);
  }

  onReady(): void {
    this.pump(false);
  }

  onClose(): void {
    this.#closed = true;
    this.#onEnd(this);
  }

  /**
   * Sends what can be sent. `idle`: say how far the log is committed, even if there is nothing else to say; a node that is
   * cut off from the quorum does not know, and its silence makes the follower turn to another.
   */
  pump(idle: boolean): void {
    if (this.#closed || !this.#placed()) return;
    while (this.#creditBytes > 0 && this.#stream.ready()) {
      if (this.#snapshot !== undefined) this.#sendSnapshotChunk();
      else if (!this.#sendBatches()) break;
    }
    if (
      idle &&
      this.#source.inContact &&
      this.#snapshot === undefined &&
      this.#stream.ready() &&
      this.#nextOffset === this.#source.log.endOffset
    ) {
      this.#stream.send(this.#batches([]));
    }
  }

  #begin(request: FollowMetadataRequest): void {
    this.#followerId = request.nodeId;
    const { clusterId } = this.#source;
    if (request.clusterId !== '' && clusterId !== '' && request.clusterId !== clusterId) {
      this.#refuse(
        `Node ${request.nodeId} belongs to cluster ${request.clusterId}; these controllers serve ${clusterId}. Point it at its own controllers.`,
      );
      return;
    }
    this.#claimed = { offset: request.appliedOffset, epoch: request.appliedEpoch };
    this.pump(true);
  }

  /** Finds the follower's place in the log as soon as this node can know it. */
  #placed(): boolean {
    if (this.#claimed === undefined) return this.#nextOffset !== undefined;
    const { offset, epoch } = this.#claimed;
    const { log, image } = this.#source;
    // It has heard from a node that is ahead of this one.
    if (offset >= log.endOffset) return false;
    const known = log.epochAt(offset);
    if (known !== undefined && known !== epoch) {
      this.#refuse(
        `Node ${this.#followerId} has applied metadata offset ${offset} of epoch ${epoch}, which was committed here in epoch ${known}: it comes from another history. Empty its copy of the metadata after checking that these are its controllers.`,
      );
      return false;
    }
    this.#claimed = undefined;
    this.#nextOffset = offset + 1;
    if (known === undefined) this.#pin(image);
    return true;
  }

  #pin(image: ClusterImage): void {
    const batches = imageToBatches(image);
    const first = batches.next();
    this.#snapshot = { image, batches, next: first.done === true ? undefined : first.value };
  }

  #sendSnapshotChunk(): void {
    const snapshot = this.#snapshot;
    if (snapshot?.next === undefined) return;
    const { offset, epoch } = snapshot.image;
    const bytes = encodeBatch(snapshot.next.records, 0);
    const following = snapshot.batches.next();
    const last = following.done === true;
    snapshot.next = last ? undefined : following.value;
    this.#creditBytes -= bytes.length + ENTRY_BYTES;
    this.#stream.send({ part: { kind: 'snapshot', value: { offset, epoch, batch: bytes, last } } });
    if (!last) return;
    this.#snapshot = undefined;
    this.#nextOffset = offset + 1;
  }

  /** False when there is nothing to send. */
  #sendBatches(): boolean {
    const { log, image } = this.#source;
    let offset = this.#nextOffset ?? log.endOffset;
    // Trimmed, or replaced by a snapshot of the quorum, while this follower was slow.
    if (log.epochAt(offset - 1) === undefined) {
      this.#pin(image);
      return true;
    }
    const batches: CommittedBatch[] = [];
    let bytes = 0;
    while (offset < log.endOffset) {
      const entry = log.at(offset);
      if (batches.length > 0 && bytes + entry.bytes.length > MESSAGE_BYTES_MAX) break;
      batches.push({ offset: entry.offset, epoch: entry.epoch, batch: entry.bytes });
      bytes += entry.bytes.length + ENTRY_BYTES;
      offset++;
    }
    if (batches.length === 0) return false;
    this.#nextOffset = offset;
    this.#creditBytes -= bytes;
    this.#stream.send(this.#batches(batches));
    return true;
  }

  #batches(batches: readonly CommittedBatch[]): FollowMetadataResponse {
    return { part: { kind: 'batches', value: { batches, committedOffset: this.#source.log.endOffset - 1 } } };
  }

  #refuse(message: string): void {
    this.#closed = true;
    this.#stream.close({ code: 'failed', message });
  }
}
