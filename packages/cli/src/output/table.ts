/** One column of a table: its header and what it shows of an item. */
export interface Column<T> {
  readonly header: string;
  readonly value: (item: T) => string | number | bigint | boolean;
  /** Numbers stand at the right. */
  readonly right?: boolean;
}

const GAP = '  ';

/**
 * Plain text in columns, without trailing spaces; headers are one word each, so that awk can count on them. Rows may come
 * in parts: a column is as wide as its widest cell so far, so what stands in one part is aligned.
 */
export class Table<T> {
  readonly #columns: readonly Column<T>[];
  readonly #widths: number[];
  #headers: readonly (readonly string[])[];

  constructor(columns: readonly Column<T>[], options: { readonly headers: boolean }) {
    this.#columns = columns;
    this.#headers = options.headers ? [columns.map((column) => column.header)] : [];
    this.#widths = columns.map(() => 0);
  }

  /** The text of these rows, below the headers the first time. */
  rows(items: readonly T[]): string {
    const rows = items.map((item) => this.#columns.map((column) => cell(column.value(item))));
    const all = [...this.#headers, ...rows];
    this.#headers = [];
    for (const row of all) {
      // Not Math.max of all: a call takes some ten thousand arguments, a segment has more records.
      row.forEach((text, index) => {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, text.length);
      });
    }
    return all.map((row) => this.#line(row)).join('');
  }

  #line(row: readonly string[]): string {
    const cells = row.map((text, index) => {
      const width = this.#widths[index] ?? 0;
      return this.#columns[index]?.right === true ? text.padStart(width) : text.padEnd(width);
    });
    return `${cells.join(GAP).trimEnd()}\n`;
  }
}

/** An empty cell would shift the columns of those who split at spaces. */
function cell(value: string | number | bigint | boolean): string {
  const text = String(value);
  return text === '' ? '-' : text;
}
