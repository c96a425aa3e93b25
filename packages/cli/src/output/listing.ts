import type { Writable } from 'node:stream';
import { write } from '../io.ts';
import { EnvelopeParts, type JsonError, toJson } from './json.ts';
import { type Column, Table } from './table.ts';

/** How items are printed. */
export type OutputFormat = 'table' | 'json' | 'jsonl';

/** What a listing holds. */
export interface Listed<T> {
  /** Of the JSON envelope. */
  readonly kind: string;
  readonly columns: readonly Column<T>[];
}

/** So many rows of a table decide together how wide its columns are; what comes later is printed as it comes. */
const ALIGNED_ROWS = 500;

/** The answer of a command on stdout: a table, one JSON document or JSON lines, printed as its items come. */
export class Listing<T> {
  readonly #stdout: Writable;
  readonly #output: OutputFormat;
  readonly #table: Table<T>;
  readonly #envelope: EnvelopeParts;
  /** Rows of a table that are not printed yet. */
  #rows: T[] = [];
  #tableBegun = false;

  constructor(
    stdout: Writable,
    listed: Listed<T>,
    options: { readonly output: OutputFormat; readonly headers: boolean },
  ) {
    this.#stdout = stdout;
    this.#output = options.output;
    this.#table = new Table(listed.columns, options);
    this.#envelope = new EnvelopeParts(listed.kind);
  }

  async add(items: readonly T[]): Promise<void> {
    if (this.#output === 'json') return await write(this.#stdout, this.#envelope.items(items));
    if (this.#output === 'jsonl') {
      return await write(this.#stdout, items.map((item) => `${toJson(item)}\n`).join(''));
    }
    this.#rows = this.#rows.length === 0 ? [...items] : this.#rows.concat(items);
    if (this.#rows.length >= ALIGNED_ROWS) await this.#printRows();
  }

  /** Without items a table has its headers only when nothing failed either. */
  async end(errors: readonly JsonError[]): Promise<void> {
    if (this.#output === 'json') {
      await write(this.#stdout, this.#envelope.items([]) + this.#envelope.end(errors));
    } else if (this.#output === 'table' && (this.#rows.length > 0 || (!this.#tableBegun && errors.length === 0))) {
      await this.#printRows();
    }
  }

  async #printRows(): Promise<void> {
    const text = this.#table.rows(this.#rows);
    this.#rows = [];
    this.#tableBegun = true;
    await write(this.#stdout, text);
  }
}
