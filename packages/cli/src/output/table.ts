/** One column of a table: its header and what it shows of an item. */
export interface Column<T> {
  readonly header: string;
  readonly value: (item: T) => string | number | bigint | boolean;
  /** Numbers stand at the right. */
  readonly right?: boolean;
}

const GAP = '  ';

/** Plain text in columns, without trailing spaces; headers are one word each, so that awk can count on them. */
export function table<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  options: { readonly headers: boolean } = { headers: true },
): string {
  const rows = items.map((item) => columns.map((column) => cell(column.value(item))));
  const all = options.headers ? [columns.map((column) => column.header), ...rows] : rows;
  const widths = columns.map((_, index) => Math.max(0, ...all.map((row) => row[index]?.length ?? 0)));
  return all
    .map((row) => {
      const cells = row.map((text, index) => {
        const width = widths[index] ?? 0;
        return columns[index]?.right === true ? text.padStart(width) : text.padEnd(width);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
}

/** An empty cell would shift the columns of those who split at spaces. */
function cell(value: string | number | bigint | boolean): string {
  const text = String(value);
  return text === '' ? '-' : text;
}
