/**
 * Keeps the ghost's copy of each log: what the logs were given, and after a start what was recovered, read off the
 * machine's disk behind the broker's back.
 */
import { type NodeId, topicPartitionKey } from '@moldau/base';
import type { LogObserver, PartitionFrame, PartitionLog } from '@moldau/log';
import type { ReplicaLog } from '../../ghost/replica-log.ts';
import type { World } from '../world.ts';

export function logGhosts(world: World, brokerId: NodeId): LogObserver {
  const ghostOf = ({ name }: PartitionLog): ReplicaLog =>
    world.ghost.log(brokerId, topicPartitionKey(name.topicId, name.partition));
  return {
    opened(logs) {
      const open = new Set<ReplicaLog>();
      for (const log of logs) {
        const ghost = ghostOf(log);
        open.add(ghost);
        recover(world, brokerId, log, ghost);
      }
      for (const ghost of world.ghost.logsOn(brokerId)) if (!open.has(ghost)) ghost.resetTo(0);
    },
    changed(log, frame) {
      world.ghost.touched.add(topicPartitionKey(log.name.topicId, log.name.partition));
      noteFaults(world, brokerId, log, frame);
      change(world, ghostOf(log), frame);
    },
  };
}

/** All that was recovered lies in the segments when the log serves. */
function recover(world: World, brokerId: NodeId, log: PartitionLog, ghost: ReplicaLog): void {
  const machine = world.brokers.get(brokerId);
  const segments = log.segmentFacts();
  const before = ghost.copy();
  ghost.resetTo(segments[0]?.baseOffset ?? log.startOffset);
  // What has rotted unseen is still what the log claims to hold: it checks what it reads before it gives it out.
  if (machine?.diskIsRotten) ghost.recall(before, ghost.startOffset, log.endOffset);
  else {
    for (const { baseOffset, sizeBytes } of segments) {
      const bytes = machine?.disk.contents(`${log.directory}/${String(baseOffset).padStart(20, '0')}.log`);
      if (bytes !== undefined) ghost.append(bytes.subarray(0, sizeBytes));
    }
  }
  ghost.advanceStart(log.startOffset);
  ghost.endAt(log.endOffset);
}

function change(world: World, ghost: ReplicaLog, frame: PartitionFrame): void {
  switch (frame.kind) {
    case 'append':
      ghost.append(frame.batches);
      return;
    case 'truncate':
      world.coverage.truncations++;
      ghost.truncateTo(frame.endOffset);
      return;
    case 'reset':
      world.coverage.logResets++;
      ghost.resetTo(frame.offset);
      return;
    case 'start':
      ghost.advanceStart(frame.startOffset);
      return;
    case 'create':
    case 'delete':
    case 'stray':
      ghost.resetTo(0);
      return;
    case 'epoch':
    case 'repaired':
      return;
    default:
      frame satisfies never;
  }
}

function noteFaults(world: World, brokerId: NodeId, { name }: PartitionLog, frame: PartitionFrame): void {
  const key = topicPartitionKey(name.topicId, name.partition);
  if (frame.kind === 'truncate') {
    const view = world.watch.observation.brokers.find((broker) => broker.brokerId === brokerId);
    const highWatermark = view?.replicas.find((replica) => replica.key === key)?.highWatermark ?? 0;
    if (frame.endOffset >= highWatermark || world.ghost.partition(key)?.exempt !== undefined) return;
    world.ghost.truncationsBelowHighWatermark.push(
      `broker ${brokerId} cuts ${key} at ${frame.endOffset}, its high watermark is ${highWatermark}`,
    );
  } else if (frame.kind === 'delete') {
    const { brokerEpoch, image } = world.brokers.get(brokerId)?.node?.inspect() ?? {};
    if (brokerEpoch !== undefined && image !== undefined && image.offset >= brokerEpoch) return;
    world.ghost.unfoundedDeletions.push(`broker ${brokerId} deletes ${key} on metadata of ${image?.offset}`);
  }
}
