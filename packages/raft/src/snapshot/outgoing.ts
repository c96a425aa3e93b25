import { assert } from '@moldau/base';
import type { LeaderRole, RaftCore } from '../core.ts';
import type { Input } from '../input.ts';
import type { SnapshotProgress } from '../messages.ts';
import type { Progress } from '../progress/progress.ts';
import { sameSnapshot } from './snapshot-meta.ts';

/**
 * The leader's half of a snapshot transfer. It offers the snapshot with an empty chunk, the follower says where it wants
 * to go on, the leader reads and sends one chunk, and so on. Losing any of it costs one heartbeat.
 */
const NO_BYTES = new Uint8Array(0);

/** The next entry this follower needs is compacted away. */
export function beginTransfer(core: RaftCore, progress: Progress): void {
  assert(core.snapshot !== undefined, 'a compacted log has a snapshot', { base: core.log.base.index });
  progress.beginSnapshot(core.snapshot);
  sendTransferHeartbeat(core, progress);
}

export function sendTransferHeartbeat(core: RaftCore, progress: Progress): void {
  const { transfer } = progress;
  assert(transfer !== undefined, 'a transfer is under way');
  const { snapshot, positionBytes } = transfer;
  core.send(progress.replica, { kind: 'snapshotChunk', snapshot, positionBytes, bytes: NO_BYTES });
}

export function onSnapshotProgress(core: RaftCore, progress: Progress, answer: SnapshotProgress): void {
  const { transfer } = progress;
  if (transfer === undefined || transfer.reading || answer.busy || !sameSnapshot(transfer.snapshot, answer.snapshot))
    return;
  const { snapshot } = transfer;
  const { positionBytes } = answer;
  if (positionBytes >= snapshot.sizeBytes) return;
  progress.transfer = { snapshot, positionBytes, reading: true };
  const bytesMax = Math.min(core.config.limits.snapshotChunkBytes, snapshot.sizeBytes - positionBytes);
  core.outputs.push({ kind: 'readSnapshot', to: progress.replica, snapshot, positionBytes, bytesMax });
}

export function onSnapshotRead(core: RaftCore, role: LeaderRole, read: Extract<Input, { kind: 'snapshotRead' }>): void {
  const progress = role.progress.get(core.keyOf(read.to));
  const { snapshot, positionBytes, bytes } = read;
  const transfer = progress?.transfer;
  if (progress === undefined || !transfer?.reading || !sameSnapshot(transfer.snapshot, snapshot)) return;
  progress.transfer = { snapshot, positionBytes, reading: false };
  if (bytes !== undefined) {
    core.send(progress.replica, { kind: 'snapshotChunk', snapshot, positionBytes, bytes });
    return;
  }
  // Deleted meanwhile, since a newer one was taken: start over with that.
  if (core.snapshot !== undefined && !sameSnapshot(core.snapshot, snapshot)) beginTransfer(core, progress);
}
