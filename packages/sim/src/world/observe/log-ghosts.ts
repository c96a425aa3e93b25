/**
 * Keeps the ghost's copy of each log: what the logs were given, and after a start what was recovered, read off the
 * machine's disk behind the broker's back.
 */
import { MalformedBytesError, type NodeId, pureChecksum, topicPartitionKey } from '@moldau/base';
import type { BrokerInspection } from '@moldau/broker';
import type { PartitionFrame, PartitionLog } from '@moldau/log';
import { BATCH_HEADER_BYTES, type BatchHeader, isChecksumRight, parseBatchHeader } from '@moldau/records';
import type { Coverage } from '../../coverage.ts';
import type { Ghost } from '../../ghost/ghost.ts';
import type { ReplicaLog } from '../../ghost/replica-log.ts';
import type { BrokerView } from '../../observation.ts';

/** What is asked of the world; {@link World} is one. */
export interface LogSurroundings {
  readonly ghost: Ghost;
  readonly coverage: Pick<Coverage, 'truncations' | 'logResets'>;
  readonly watch: { readonly observation: { readonly brokers: readonly BrokerView[] } };
  readonly brokers: ReadonlyMap<NodeId, LogHost>;
}

interface LogHost {
  readonly disk: { contents(path: string): Uint8Array | undefined };
  /** Files of which a bit has turned over. */
  readonly rottenPaths: ReadonlySet<string>;
  readonly node: { inspect(): Pick<BrokerInspection, 'brokerEpoch' | 'image'> } | undefined;
}

/** A log as far as its observer needs it. */
export type SeenLog = Pick<PartitionLog, 'name' | 'directory' | 'startOffset' | 'endOffset' | 'segmentFacts'>;

/** {@link LogObserver}, for less than a whole log. */
export interface SeenLogObserver {
  opened(logs: Iterable<SeenLog>): void;
  changed(log: SeenLog, frame: PartitionFrame): void;
}

export function logGhosts(world: LogSurroundings, brokerId: NodeId): SeenLogObserver {
  const ghostOf = ({ name }: SeenLog): ReplicaLog =>
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
      const key = topicPartitionKey(log.name.topicId, log.name.partition);
      world.ghost.touched.add(key);
      noteFaults(world, brokerId, log, frame);
      change(world, key, ghostOf(log), frame);
    },
  };
}

/** All that was recovered lies in the segments when the log serves. */
function recover(world: LogSurroundings, brokerId: NodeId, log: SeenLog, ghost: ReplicaLog): void {
  const host = world.brokers.get(brokerId);
  const segments = log.segmentFacts();
  const before = ghost.copy();
  ghost.resetTo(segments[0]?.baseOffset ?? log.startOffset);
  for (const [index, { baseOffset, sizeBytes }] of segments.entries()) {
    const path = `${log.directory}/${String(baseOffset).padStart(20, '0')}.log`;
    const bytes = host?.disk.contents(path);
    const end = segments[index + 1]?.baseOffset ?? log.endOffset;
    if (host?.rottenPaths.has(path)) {
      // What has rotted unseen is still what the log claims to hold: it checks what it reads before it gives it out.
      ghost.recall(before, baseOffset, end);
      // The ghost may have forgotten it: with a reset that did not become durable.
      if (bytes !== undefined) ghost.complete(soundPart(bytes.subarray(0, sizeBytes)));
    } else if (bytes !== undefined) ghost.append(bytes.subarray(0, sizeBytes));
  }
  ghost.advanceStart(log.startOffset);
  ghost.endAt(log.endOffset);
}

/** The batches before the first that is not as it was written. */
function soundPart(bytes: Uint8Array): Uint8Array {
  let position = 0;
  while (position + BATCH_HEADER_BYTES <= bytes.length) {
    let header: BatchHeader;
    try {
      header = parseBatchHeader(bytes, position);
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      break;
    }
    if (!isChecksumRight(bytes, header, pureChecksum, position)) break;
    position += header.sizeBytes;
  }
  return bytes.subarray(0, position);
}

function change(world: LogSurroundings, key: string, ghost: ReplicaLog, frame: PartitionFrame): void {
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
      world.ghost.partition(key)?.retained(frame.startOffset);
      ghost.advanceStart(frame.startOffset);
      return;
    case 'create':
    case 'delete':
    case 'stray':
      ghost.resetTo(0);
      return;
    case 'epoch':
      return;
    default:
      frame satisfies never;
  }
}

function noteFaults(world: LogSurroundings, brokerId: NodeId, { name }: SeenLog, frame: PartitionFrame): void {
  const { ghost } = world;
  const key = topicPartitionKey(name.topicId, name.partition);
  if (frame.kind === 'truncate') {
    const view = world.watch.observation.brokers.find((broker) => broker.brokerId === brokerId);
    const highWatermark = view?.replicas.find((replica) => replica.key === key)?.highWatermark ?? 0;
    if (frame.endOffset >= highWatermark) return;
    ghost.truncationsBelowHighWatermark.push(
      `broker ${brokerId} cuts ${key} at ${frame.endOffset}, its high watermark is ${highWatermark}`,
    );
    ghost.isAlarmed = true;
  } else if (frame.kind === 'delete') {
    const { brokerEpoch, image } = world.brokers.get(brokerId)?.node?.inspect() ?? {};
    if (brokerEpoch !== undefined && image !== undefined && image.offset >= brokerEpoch) return;
    ghost.unfoundedDeletions.push(`broker ${brokerId} deletes ${key} on metadata of ${image?.offset}`);
    ghost.isAlarmed = true;
  }
}
