import type { Offset } from '@moldau/base';
import type { GroupLog } from './group-log.ts';
import type { GroupShard } from './group-shard.ts';
import type { GroupRecord } from './records.ts';

/** Written at one look; the turn stays short. */
const SLICE_BYTES = 128 * 1024;
const RECORDS_PER_BATCH = 1000;
/** A log is rewritten when it is so many times what it was after the last time. */
const GROWTH = 3;

interface Rewrite {
  /** Where the log ended when it began: everything below is replaced. */
  readonly from: Offset;
  readonly groups: string[];
  /** Behind the last record that replaces something; set when all are written. */
  end: Offset | undefined;
  startedBytes: number;
}

/**
 * Keeps the log of groups short until topics are compacted: when it has grown, the latest record of every key is appended
 * again, group by group, and the log's start moves up to where that began. Other writes go on in between. It is right at
 * every moment: a key that was there at the beginning is rewritten with its latest value, or was written anew, or deleted,
 * behind the beginning; and the start moves only when all of that is replicated.
 */
export class GroupTrim {
  readonly #shard: GroupShard;
  readonly #log: GroupLog;
  readonly #bytesMin: number;
  #rewrite: Rewrite | undefined;
  #bytesAfter = 0;

  constructor(shard: GroupShard, log: GroupLog, bytesMin: number) {
    this.#shard = shard;
    this.#log = log;
    this.#bytesMin = bytesMin;
  }

  step(): void {
    if (this.#rewrite === undefined) {
      if (this.#log.bytes < Math.max(this.#bytesMin, GROWTH * this.#bytesAfter)) return;
      const groups = [...new Set([...this.#shard.snapshots.keys(), ...this.#shard.offsets.keys()])];
      this.#rewrite = { from: this.#log.endOffset, groups, end: undefined, startedBytes: this.#log.bytes };
    }
    const rewrite = this.#rewrite;
    if (rewrite.end === undefined) this.#write(rewrite);
    if (rewrite.end === undefined || this.#log.highWatermark < rewrite.end) return;
    this.#rewrite = undefined;
    this.#bytesAfter = this.#log.bytes - rewrite.startedBytes;
    this.#log.restartBytes(this.#bytesAfter);
    this.#log.trimTo(rewrite.from);
  }

  #write(rewrite: Rewrite): void {
    const endBytes = this.#log.bytes + SLICE_BYTES;
    while (this.#log.bytes < endBytes) {
      const groupId = rewrite.groups.pop();
      if (groupId === undefined) {
        rewrite.end = this.#log.endOffset;
        return;
      }
      if (!this.#writeGroup(groupId)) {
        // The log takes nothing now. What was written of it does no harm: it is written again, as it is then.
        rewrite.groups.push(groupId);
        return;
      }
    }
  }

  /** Whether all of it is in the log. */
  #writeGroup(groupId: string): boolean {
    const value = this.#shard.snapshots.get(groupId);
    if (value !== undefined && !this.#append([{ kind: 'group', group: groupId, value }])) return false;
    let records: GroupRecord[] = [];
    for (const { topic, partition, entry } of [...(this.#shard.offsets.get(groupId)?.latest() ?? [])]) {
      records.push({ kind: 'offset', group: groupId, topic, partition, value: entry });
      if (records.length < RECORDS_PER_BATCH) continue;
      if (!this.#append(records)) return false;
      records = [];
    }
    return records.length === 0 || this.#append(records);
  }

  /** When it is replicated shows in the high watermark. */
  #append(records: readonly GroupRecord[]): boolean {
    return this.#shard.write(records, () => undefined);
  }
}
