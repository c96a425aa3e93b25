import type { Context } from '../context.ts';
import { parseStartOffset } from '../input/start-offset.ts';
import { counted } from '../output/counted.ts';
import type { Column } from '../output/table.ts';
import { placesOf } from './record-places.ts';

export interface DeleteRecordsOptions {
  /** A place, as after `-O`: the first record that stays. */
  readonly before: string;
  readonly partitions?: readonly number[];
}

interface Deletion {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: bigint;
  readonly newStartOffset: bigint;
  readonly records: bigint;
}

const DELETION: readonly Column<Deletion>[] = [
  { header: 'TOPIC', value: (row) => row.topic },
  { header: 'PARTITION', value: (row) => row.partition, right: true },
  { header: 'START', value: (row) => row.startOffset, right: true },
  { header: 'NEW START', value: (row) => row.newStartOffset, right: true },
  { header: 'RECORDS', value: (row) => row.records, right: true },
];

/** Shows what goes, then asks, then deletes. What comes meanwhile stays: the offsets are those that were shown. */
export async function deleteRecords(context: Context, name: string, options: DeleteRecordsOptions): Promise<number> {
  const place = parseStartOffset(options.before, Date.now());
  const admin = await context.admin();
  const places = await placesOf(context, [name], options.partitions, place);
  const items = places.map(({ topic, partition, first, start }): Deletion => {
    return { topic, partition, startOffset: first, newStartOffset: start, records: start - first };
  });
  const code = await context.show({ kind: 'RecordDeletionList', items, columns: DELETION });
  const going = items.filter(({ records }) => records > 0n);
  if (going.length === 0) {
    context.note('there is nothing to delete');
    return code;
  }
  if (context.options.dryRun === true) {
    context.note('nothing was deleted: --dry-run');
    return code;
  }
  const records = going.reduce((sum, each) => sum + each.records, 0n);
  await context.confirm(
    `this deletes ${counted(records, 'record')} of ${counted(going.length, 'partition')} of ${name}`,
  );
  const deletions = going.map(({ topic, partition, newStartOffset: before }) => ({ topic, partition, before }));
  await admin.deleteRecords(deletions, context.call);
  return code;
}
