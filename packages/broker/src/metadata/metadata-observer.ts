import type {
  Clock,
  ClusterId,
  Logger,
  MetadataOffset,
  NodeId,
  Ports,
  RpcCloseReason,
  RpcStream,
  Timer,
  Timers,
} from '@moldau/base';
import {
  advanceImage,
  applyBatch,
  type ClusterDelta,
  type ClusterImage,
  decodeBatch,
  diffImages,
  type MetadataStore,
  SnapshotLoader,
} from '@moldau/metadata';
import {
  type CommittedBatch,
  ControllerService,
  FollowMetadataRequest,
  type FollowMetadataResponse,
  type SnapshotChunk,
} from '@moldau/proto';
import { Backoff } from '../lifecycle/backoff.ts';
import type { ControllerLink } from '../lifecycle/controller-link.ts';

/** What a quorum node may send before it is given more. */
const WINDOW_BYTES = 8 * 1024 * 1024;
/** Counted for each entry beside its bytes, so that empty ones use up the window too. */
const ENTRY_BYTES = 64;
/** A quorum node in contact with its leader says something every half second: longer silence is one that is cut off. */
const SILENCE_MS_MAX = 3000;
const SILENCE_CHECK_MS = 1000;
/** So long behind the active controller, and nothing new: the node that feeds this broker does not get it either. */
const BEHIND_MS_MAX = 1000;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;
/** Deltas kept for one write of the store while the one before is under way; beyond it the whole image is written. */
const UNSAVED_MAX = 256;

interface OffsetWait {
  readonly offset: MetadataOffset;
  readonly timer: Timer;
  readonly done: (reached: boolean) => void;
}

/** Applies the quorum's committed metadata in order, and tells what changed. */
export class MetadataObserver {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #link: ControllerLink;
  readonly #store: MetadataStore;
  readonly #nodeId: NodeId;
  readonly #clusterId: ClusterId;
  readonly #applied: (image: ClusterImage, delta: ClusterDelta) => void;
  readonly #stopProcess: (reason: unknown) => void;
  readonly #backoff: Backoff;
  readonly #waits = new Set<OffsetWait>();
  #image: ClusterImage;
  #stream: RpcStream<FollowMetadataRequest> | undefined;
  /** Of the node that feeds this broker now, or did last. */
  #feedAddress = '';
  #source = 0;
  #snapshot: SnapshotLoader | undefined;
  #usedBytes = 0;
  #heardMs = 0;
  /** What the active controller has and this broker has not, from when on; and what was applied then. */
  #behind: { readonly sinceMs: number; readonly offset: MetadataOffset } | undefined;
  #committedOffset: MetadataOffset = 0;
  #refusal: string | undefined;
  #unsaved: ClusterDelta[] = [];
  #unsavedReplaces = false;
  #saving: Promise<void> | undefined;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'clock' | 'timers' | 'random' | 'stopProcess'>,
    logger: Logger,
    link: ControllerLink,
    store: MetadataStore,
    of: {
      readonly nodeId: NodeId;
      readonly clusterId: ClusterId;
      /** As the store had it. */
      readonly image: ClusterImage;
      readonly applied: (image: ClusterImage, delta: ClusterDelta) => void;
    },
  ) {
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#stopProcess = ports.stopProcess;
    this.#backoff = new Backoff(ports.random, { msMin: RETRY_MS_MIN, msMax: RETRY_MS_MAX });
    this.#logger = logger;
    this.#link = link;
    this.#store = store;
    this.#nodeId = of.nodeId;
    this.#clusterId = of.clusterId;
    this.#image = of.image;
    this.#applied = of.applied;
  }

  get image(): ClusterImage {
    return this.#image;
  }

  /** Entries that are committed, as far as is known here, and not applied. */
  get lag(): number {
    return Math.max(0, this.#committedOffset - this.#image.offset);
  }

  /** Why the last quorum node that was asked does not feed this broker: another cluster, or another history. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  start(): void {
    this.#open();
    this.#watch();
  }

  /** Resolves when the offset is applied, or with false after this time: what follows a change reads it here. */
  awaitOffset(offset: MetadataOffset, timeoutMs: number): Promise<boolean> {
    if (this.#image.offset >= offset) return Promise.resolve(true);
    return new Promise((resolve) => {
      const wait: OffsetWait = {
        offset,
        timer: this.#timers.after(timeoutMs, () => this.#settle(wait, false)),
        done: resolve,
      };
      this.#waits.add(wait);
    });
  }

  /**
   * The active controller has committed up to `offset`. A feed that stays behind that is given up for one from the
   * active controller itself: whatever keeps its node from the quorum, the leases of this broker come from elsewhere, and it
   * must not go on for long with yesterday's leaders.
   */
  compare(offset: MetadataOffset): void {
    this.#committedOffset = Math.max(this.#committedOffset, offset);
    const nowMs = this.#clock.nowMs();
    const applied = this.#image.offset;
    // From the active controller itself it comes as fast as it can: one large batch may take long on a slow link.
    const isBest = this.#feedAddress === this.#link.active?.address;
    if (applied >= offset || this.#snapshot !== undefined || isBest) this.#behind = undefined;
    else if (this.#behind?.offset !== applied) this.#behind = { sinceMs: nowMs, offset: applied };
    else if (nowMs - this.#behind.sinceMs >= BEHIND_MS_MAX) {
      this.#behind = undefined;
      this.#logger.warn('the metadata stream is behind the active controller', { appliedOffset: applied, offset });
      this.#reopen();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream?.close();
    for (const wait of this.#waits) this.#settle(wait, false);
    while (this.#saving !== undefined) await this.#saving;
  }

  /** The active controller when it is known, since it knows most; else whichever node is next. */
  #open(): void {
    if (this.#closed) return;
    const { active, addresses } = this.#link;
    const address = active?.address ?? addresses[this.#source++ % addresses.length];
    if (address === undefined) return;
    this.#heardMs = this.#clock.nowMs();
    this.#usedBytes = 0;
    this.#snapshot = undefined;
    this.#feedAddress = address;
    const stream = this.#link.channel(address, 'metadata').open(ControllerService.followMetadata, {
      onMessage: (message) => {
        if (this.#stream === stream) this.#onMessage(message);
      },
      onReady: () => undefined,
      onClose: (reason) => {
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        if (this.#closed) return;
        this.#ended(address, reason);
        this.#timers.after(this.#backoff.next(), () => this.#open());
      },
    });
    this.#stream = stream;
    stream.send(this.#request(WINDOW_BYTES));
  }

  /** A refusal will not pass by itself, and says what to do; it is told once. */
  #ended(address: string, { code, message }: RpcCloseReason): void {
    if (code !== 'failed') this.#logger.debug('the metadata stream ended', { address, reason: message });
    else if (message !== this.#refusal) {
      this.#refusal = message;
      this.#logger.warn('a controller refuses to send metadata', { address, reason: message });
    }
  }

  /** Now, not when the other side has agreed to the end of the old stream: it may never answer. */
  #reopen(): void {
    const old = this.#stream;
    this.#stream = undefined;
    old?.close();
    this.#open();
  }

  #watch(): void {
    this.#timers.after(SILENCE_CHECK_MS, () => {
      this.#timers.afterPoll(() => {
        if (this.#closed) return;
        if (this.#stream !== undefined && this.#clock.nowMs() - this.#heardMs >= SILENCE_MS_MAX) this.#reopen();
        this.#watch();
      });
    });
  }

  #request(creditBytes: number): FollowMetadataRequest {
    return FollowMetadataRequest.create({
      clusterId: this.#clusterId,
      nodeId: this.#nodeId,
      appliedOffset: this.#image.offset,
      appliedEpoch: this.#image.epoch,
      creditBytes,
    });
  }

  #onMessage({ part }: FollowMetadataResponse): void {
    this.#heardMs = this.#clock.nowMs();
    this.#refusal = undefined;
    this.#backoff.reset();
    try {
      if (part?.kind === 'snapshot') this.#snapshotChunk(part.value);
      else if (part?.kind === 'batches') {
        for (const batch of part.value.batches) this.#batch(batch);
        this.#committedOffset = Math.max(this.#committedOffset, part.value.committedOffset);
      }
    } catch (error) {
      // Metadata that cannot be read or applied: going on without it would be blind to facts.
      this.#stopProcess(error);
      return;
    }
    if (this.#usedBytes < WINDOW_BYTES / 2) return;
    this.#stream?.send(this.#request(this.#usedBytes));
    this.#usedBytes = 0;
  }

  #snapshotChunk(chunk: SnapshotChunk): void {
    this.#usedBytes += chunk.batch.length + ENTRY_BYTES;
    this.#snapshot ??= new SnapshotLoader({ offset: chunk.offset, epoch: chunk.epoch });
    this.#snapshot.add(decodeBatch(chunk.batch));
    if (!chunk.last) return;
    const image = this.#snapshot.finish();
    this.#snapshot = undefined;
    if (image.offset <= this.#image.offset) return;
    const delta = diffImages(this.#image, image);
    this.#logger.info('metadata continues from a snapshot', { offset: image.offset, before: this.#image.offset });
    this.#unsavedReplaces = true;
    this.#apply(image, delta);
  }

  #batch({ offset, epoch, batch }: CommittedBatch): void {
    this.#usedBytes += batch.length + ENTRY_BYTES;
    if (offset <= this.#image.offset) return;
    if (batch.length === 0) {
      this.#image = advanceImage(this.#image, { offset, epoch });
      this.#settleWaits();
      return;
    }
    const { image, delta } = applyBatch(this.#image, decodeBatch(batch), { offset, epoch });
    this.#apply(image, delta);
  }

  #apply(image: ClusterImage, delta: ClusterDelta): void {
    this.#image = image;
    this.#applied(image, delta);
    this.#settleWaits();
    if (this.#unsaved.length < UNSAVED_MAX) this.#unsaved.push(delta);
    else this.#unsavedReplaces = true;
    this.#saving ??= this.#save();
  }

  /** One write after the other, of all that was applied meanwhile. */
  async #save(): Promise<void> {
    try {
      while (this.#unsaved.length > 0 && !this.#closed) {
        const deltas = this.#unsaved;
        const replaces = this.#unsavedReplaces;
        this.#unsaved = [];
        this.#unsavedReplaces = false;
        if (replaces) await this.#store.replace(this.#image);
        else await this.#store.save(deltas, this.#image);
      }
    } catch (error) {
      this.#stopProcess(error);
    } finally {
      this.#saving = undefined;
    }
  }

  #settleWaits(): void {
    for (const wait of this.#waits) if (wait.offset <= this.#image.offset) this.#settle(wait, true);
  }

  #settle(wait: OffsetWait, reached: boolean): void {
    wait.timer.cancel();
    this.#waits.delete(wait);
    wait.done(reached);
  }
}
