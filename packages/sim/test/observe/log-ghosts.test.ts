import type { PartitionFrame } from '@moldau/log';
import { EMPTY_IMAGE } from '@moldau/metadata';
import { expect, test } from 'vitest';
import { Ghost } from '../../src/ghost/ghost.ts';
import { PartitionGhost } from '../../src/ghost/partition-ghost.ts';
import type { BrokerView } from '../../src/observation.ts';
import { logGhosts, type SeenLog } from '../../src/world/observe/log-ghosts.ts';
import { batch, broker, KEY, replica } from '../checkers/states.ts';

const DIRECTORY = '/broker/log/T-0-i1';
const FIRST = `${DIRECTORY}/${'0'.repeat(20)}.log`;
const SECOND = `${DIRECTORY}/${'0'.repeat(19)}1.log`;

interface Made {
  readonly brokers?: readonly BrokerView[];
  readonly applied?: { readonly brokerEpoch: number; readonly offset: number };
  readonly hasRetention?: boolean;
}

function made({ brokers = [], applied, hasRetention = false }: Made = {}) {
  const ghost = new Ghost();
  const partition = new PartitionGhost({ flushed: true, hasRetention });
  ghost.partitions.set(KEY, partition);
  const files = new Map<string, Uint8Array>();
  const rottenPaths = new Set<string>();
  const coverage = { truncations: 0, logResets: 0 };
  const node = applied && {
    inspect: () => ({ brokerEpoch: applied.brokerEpoch, image: { ...EMPTY_IMAGE, offset: applied.offset } }),
  };
  const host = { disk: { contents: (path: string) => files.get(path) }, rottenPaths, node };
  const watch = { observation: { brokers } };
  const observer = logGhosts({ ghost, coverage, watch, brokers: new Map([[1, host]]) }, 1);
  const change = (frame: PartitionFrame): void => observer.changed(seen(), frame);
  return { ghost, partition, files, rottenPaths, coverage, observer, change, log: ghost.log(1, KEY) };
}

function seen(segments: readonly { baseOffset: number; sizeBytes: number }[] = [], endOffset = 0): SeenLog {
  const name = { topicId: 'T', partition: 0, incarnation: 'i1' };
  return { name, directory: DIRECTORY, startOffset: 0, endOffset, segmentFacts: () => segments } as unknown as SeenLog;
}

const append = (offset: number, value: string): PartitionFrame =>
  ({ kind: 'append', log: 1, batches: batch(offset, 1, value) }) as unknown as PartitionFrame;
const frame = (of: object): PartitionFrame => ({ log: 1, ...of }) as unknown as PartitionFrame;

test('what a log is given, its ghost has', () => {
  const { ghost, coverage, change, log } = made();
  change(append(0, 'a'));
  change(append(1, 'b'));
  expect(log.at(1)).toEqual({ epoch: 1, value: 'b' });
  change(frame({ kind: 'truncate', endOffset: 1, durableEnd: 0 }));
  expect([log.endOffset, log.at(1), coverage.truncations]).toEqual([1, undefined, 1]);
  change(frame({ kind: 'reset', offset: 7, epochs: [] }));
  expect([log.startOffset, log.endOffset, coverage.logResets]).toEqual([7, 7, 1]);
  expect([...ghost.touched]).toEqual([KEY]);
  expect(ghost.isAlarmed).toBe(false);
});

test('a cut below the high watermark is noted, one at it is not', () => {
  const { ghost, change } = made({ brokers: [broker(1, [replica(1, { highWatermark: 2 })])] });
  for (const [offset, value] of ['a', 'b', 'c'].entries()) change(append(offset, value));
  change(frame({ kind: 'truncate', endOffset: 2, durableEnd: 0 }));
  expect(ghost.truncationsBelowHighWatermark).toEqual([]);
  change(frame({ kind: 'truncate', endOffset: 1, durableEnd: 0 }));
  expect(ghost.truncationsBelowHighWatermark).toEqual([`broker 1 cuts ${KEY} at 1, its high watermark is 2`]);
  expect(ghost.isAlarmed).toBe(true);
});

test('a log that is deleted on metadata older than the registration is noted', () => {
  const founded = made({ applied: { brokerEpoch: 5, offset: 5 } });
  founded.change(frame({ kind: 'delete' }));
  expect(founded.ghost.unfoundedDeletions).toEqual([]);
  const unfounded = made({ applied: { brokerEpoch: 5, offset: 4 } });
  unfounded.change(frame({ kind: 'delete' }));
  expect(unfounded.ghost.unfoundedDeletions).toEqual([`broker 1 deletes ${KEY} on metadata of 4`]);
  const unregistered = made();
  unregistered.change(frame({ kind: 'delete' }));
  expect(unregistered.ghost.unfoundedDeletions).toHaveLength(1);
});

test('retention moves the legal start as far as something was replicated, and only where it is configured', () => {
  const start = frame({ kind: 'start', startOffset: 2 });
  const kept = made();
  kept.partition.committedEnd = 9;
  kept.change(start);
  expect(kept.partition.legalStart).toBe(0);
  const { partition, change } = made({ hasRetention: true });
  partition.committedEnd = 1;
  change(start);
  expect(partition.legalStart).toBe(1);
  partition.committedEnd = 9;
  expect(partition.legalStart).toBe(2);
  change(frame({ kind: 'reset', offset: 5, epochs: [] }));
  expect(partition.legalStart).toBe(2);
});

test('after a start the disk says what a log holds, but for the file of which a bit has turned over', () => {
  const { files, rottenPaths, observer, change, log } = made();
  change(append(0, 'a'));
  change(append(1, 'b'));
  const [first, second] = [batch(0, 1, 'other'), batch(1, 1, 'another')];
  files.set(FIRST, first);
  files.set(SECOND, second);
  const facts = [
    { baseOffset: 0, sizeBytes: first.length },
    { baseOffset: 1, sizeBytes: second.length },
  ];
  rottenPaths.add(FIRST);
  observer.opened([seen(facts, 2)]);
  expect([log.at(0)?.value, log.at(1)?.value, log.endOffset]).toEqual(['a', 'another', 2]);
});

test('what a reset forgot and a crash brought back is read off the sound part of a rotten file', () => {
  const { files, rottenPaths, observer, change, log } = made();
  change(append(0, 'a'));
  change(append(1, 'b'));
  const [sound, rotten] = [batch(0, 1, 'a'), batch(1, 1, 'b')];
  rotten[rotten.length - 1] = (rotten.at(-1) ?? 0) ^ 1;
  files.set(FIRST, Uint8Array.from([...sound, ...rotten]));
  rottenPaths.add(FIRST);
  change(frame({ kind: 'reset', offset: 2, epochs: [] }));
  observer.opened([seen([{ baseOffset: 0, sizeBytes: sound.length }], 1)]);
  expect([log.at(0)?.value, log.recordCount, log.endOffset]).toEqual(['a', 1, 1]);
  observer.opened([seen([{ baseOffset: 0, sizeBytes: sound.length + rotten.length }], 2)]);
  expect([log.at(0)?.value, log.at(1), log.endOffset]).toEqual(['a', undefined, 2]);
});

test('a log that is not there after a start is empty', () => {
  const { observer, change, log } = made();
  change(append(0, 'a'));
  observer.opened([]);
  expect(log.endOffset).toBe(0);
});
