import { assert } from '@moldau/base';
import type { RaftCore } from '../core.ts';
import type { Envelope, SnapshotChunk } from '../messages.ts';
import { acknowledge, follow } from '../roles/follower.ts';
import { type SnapshotMeta, sameSnapshot } from './snapshot-meta.ts';

/**
 * The follower's half of a snapshot transfer. The state of a transfer survives a change of leader, and goes on where it
 * was if the next leader offers the same bytes.
 *
 *   idle -> writing     a chunk came that begins where the last one ended
 *   writing -> idle     it is written, more is to come
 *   writing -> installing   it was the last one
 *   installing -> none  installed; or damaged, and it starts over
 */
export function onSnapshotChunk(core: RaftCore, { from }: Envelope, chunk: SnapshotChunk): void {
  const role = follow(core, from);
  const { snapshot } = chunk;
  if (core.incoming?.state === 'installing') {
    reportProgress(core);
    return;
  }
  const agrees = core.log.termAt(snapshot.index) === snapshot.term;
  if (agrees) role.matchedIndex = Math.max(role.matchedIndex, snapshot.index);
  // The log reaches this far without it. Installing it would drop entries that were acknowledged.
  if (agrees || snapshot.index <= core.commitIndex) {
    core.incoming = undefined;
    if (agrees) core.commitTo(snapshot.index);
    acknowledge(core);
    return;
  }
  if (
    core.incoming === undefined ||
    (core.incoming.state === 'idle' && !sameSnapshot(core.incoming.snapshot, snapshot))
  ) {
    core.incoming = { snapshot, receivedBytes: 0, state: 'idle' };
  }
  const { incoming } = core;
  const fits = sameSnapshot(incoming.snapshot, snapshot) && chunk.positionBytes === incoming.receivedBytes;
  if (incoming.state === 'idle' && fits && chunk.bytes.length > 0) {
    const { positionBytes, bytes } = chunk;
    assert(positionBytes + bytes.length <= snapshot.sizeBytes, 'a chunk lies within its snapshot', { positionBytes });
    core.incoming = { ...incoming, state: 'writing' };
    core.outputs.push({ kind: 'writeSnapshot', snapshot, positionBytes, bytes });
  } else reportProgress(core);
}

export function onSnapshotWritten(core: RaftCore, snapshot: SnapshotMeta, endBytes: number): void {
  const { incoming } = core;
  if (incoming?.state !== 'writing' || !sameSnapshot(incoming.snapshot, snapshot)) return;
  const complete = endBytes === snapshot.sizeBytes;
  core.incoming = { snapshot, receivedBytes: endBytes, state: complete ? 'installing' : 'idle' };
  if (complete) core.outputs.push({ kind: 'installSnapshot', snapshot });
  reportProgress(core);
}

/** @param damaged the bytes were not what the leader promised: they are wanted again */
export function onSnapshotInstalled(core: RaftCore, snapshot: SnapshotMeta, damaged: boolean): void {
  assert(core.incoming?.state === 'installing', 'a snapshot that was being installed is answered');
  core.incoming = undefined;
  if (damaged) return;
  core.replaceLog(snapshot);
  acknowledge(core);
}

function reportProgress(core: RaftCore): void {
  const { role, incoming } = core;
  if (incoming === undefined || role.kind !== 'follower' || role.leader === undefined) return;
  const { snapshot, receivedBytes, state } = incoming;
  core.send(role.leader, { kind: 'snapshotProgress', snapshot, positionBytes: receivedBytes, busy: state !== 'idle' });
}
