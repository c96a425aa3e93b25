import { assert, type MetadataOffset } from '@moldau/base';
import type { Replica } from '../membership/replica.ts';
import type { SnapshotMeta } from '../snapshot/snapshot-meta.ts';

interface Inflight {
  readonly lastIndex: MetadataOffset;
  readonly bytes: number;
}

/** A snapshot on its way to one follower. At most one read or chunk is under way. */
export interface SnapshotTransfer {
  readonly snapshot: SnapshotMeta;
  readonly positionBytes: number;
  readonly reading: boolean;
}

/**
 * What a leader believes about one follower. `match` is proven, `next` a guess that rejections correct.
 *
 *   probe      one append at a time, until one is accepted       -> replicate (accepted), snapshot (log start passed)
 *   replicate  appends are sent ahead, bounded by the window     -> probe (rejected), snapshot
 *   snapshot   chunks, one at a time                             -> probe (installed, or the snapshot is gone)
 */
export class Progress {
  replica: Replica;
  mode: 'probe' | 'replicate' | 'snapshot' = 'probe';
  match: MetadataOffset = 0;
  next: MetadataOffset;
  /** When it was last heard, whatever it said. */
  contactMs: number;
  /** The last time at which it is known to have had all that the leader had; undefined when it never was. */
  caughtUpMs: number | undefined;
  /** The leader's last entry at some earlier time: once that is matched, it was caught up then. */
  #mark: { readonly index: MetadataOffset; readonly nowMs: number } | undefined;
  /** The commit index it was last told. */
  toldCommitIndex: MetadataOffset = 0;
  /** In probe mode: an append is out; the next goes with the answer or the heartbeat. */
  probing = false;
  transfer: SnapshotTransfer | undefined;
  #inflights: Inflight[] = [];
  #inflightBytes = 0;

  constructor(replica: Replica, next: MetadataOffset, nowMs: number) {
    this.replica = replica;
    this.next = next;
    this.contactMs = nowMs;
  }

  hasRoom(limits: { readonly inflightMessagesMax: number; readonly inflightBytesMax: number }): boolean {
    return this.#inflights.length < limits.inflightMessagesMax && this.#inflightBytes < limits.inflightBytesMax;
  }

  /** Sent ahead, in replicate mode: `next` counts on its arrival. */
  sent(lastIndex: MetadataOffset, bytes: number): void {
    assert(this.mode === 'replicate' && lastIndex >= this.next, 'sending moves forward', {
      lastIndex,
      next: this.next,
    });
    this.next = lastIndex + 1;
    this.#inflights.push({ lastIndex, bytes });
    this.#inflightBytes += bytes;
  }

  /** Returns whether `match` moved. */
  accepted(matchIndex: MetadataOffset): boolean {
    const moved = matchIndex > this.match;
    this.match = Math.max(this.match, matchIndex);
    this.#forgetInflights(this.match);
    if (this.mode === 'snapshot' && this.transfer !== undefined && this.match < this.transfer.snapshot.index)
      return moved;
    if (this.mode !== 'replicate') {
      this.mode = 'replicate';
      this.probing = false;
      this.transfer = undefined;
      this.next = this.match + 1;
    }
    this.next = Math.max(this.next, this.match + 1);
    return moved;
  }

  /** It has answered; the leader's log ends with `lastIndex`. */
  compare(lastIndex: MetadataOffset, nowMs: number): void {
    if (this.match >= lastIndex) this.caughtUpMs = nowMs;
    else if (this.#mark !== undefined && this.match < this.#mark.index) return;
    else this.caughtUpMs = this.#mark?.nowMs;
    this.#mark = { index: lastIndex, nowMs };
  }

  /** The follower lacks the entry before `next`: start over from a position that may agree. */
  rejected(next: MetadataOffset): void {
    this.mode = 'probe';
    this.probing = false;
    this.next = Math.max(next, this.match + 1);
    this.#forgetInflights(Number.MAX_SAFE_INTEGER);
  }

  beginSnapshot(snapshot: SnapshotMeta): void {
    this.mode = 'snapshot';
    this.transfer = { snapshot, positionBytes: 0, reading: false };
    this.#forgetInflights(Number.MAX_SAFE_INTEGER);
  }

  abandonSnapshot(): void {
    this.mode = 'probe';
    this.probing = false;
    this.transfer = undefined;
    this.next = this.match + 1;
  }

  #forgetInflights(through: MetadataOffset): void {
    let count = 0;
    for (const inflight of this.#inflights) {
      if (inflight.lastIndex > through) break;
      this.#inflightBytes -= inflight.bytes;
      count += 1;
    }
    this.#inflights.splice(0, count);
  }
}
