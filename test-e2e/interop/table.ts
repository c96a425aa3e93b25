import { readFileSync, writeFileSync } from 'node:fs';
import { CLIENTS, type ClientName } from './clients.ts';

/** `lacks`: the client has no such thing; `skipped`: it could not be installed. */
export type Outcome = 'passed' | 'failed' | 'lacks' | 'skipped';

const MARKS: Readonly<Record<Outcome, string>> = { passed: 'yes', failed: 'FAILED', lacks: '–', skipped: 'skipped' };
/** Between these lines of the page the table stands. */
const BEGIN = '<!-- begin: npm run interop -- --table -->';
const END = '<!-- end -->';

/** What each client was found to do, feature by feature. */
export class Table {
  readonly #outcomes = new Map<string, Map<ClientName, Outcome>>();
  readonly #versions = new Map<ClientName, string>();

  version(client: ClientName, version: string): void {
    this.#versions.set(client, version);
  }

  /** A feature of several tests has failed when one of them has. */
  note(feature: string, client: ClientName, outcome: Outcome): void {
    const row = this.#outcomes.get(feature) ?? new Map<ClientName, Outcome>();
    this.#outcomes.set(feature, row);
    if (row.get(client) !== 'failed') row.set(client, outcome);
  }

  get hasFailures(): boolean {
    return [...this.#outcomes.values()].some((row) =>
      [...row.values()].some((outcome) => outcome !== 'passed' && outcome !== 'lacks'),
    );
  }

  /** As Markdown. */
  toString(): string {
    const rows = [
      ['', ...CLIENTS],
      ['version', ...CLIENTS.map((client) => this.#versions.get(client) ?? 'not installed')],
      ...[...this.#outcomes].map(([feature, row]) => [
        feature,
        ...CLIENTS.map((client) => MARKS[row.get(client) ?? 'skipped']),
      ]),
    ];
    const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
    return [lines[0], `|${'---|'.repeat(CLIENTS.length + 1)}`, ...lines.slice(1)].join('\n');
  }

  /** Puts the table into the page. @throws when something is not "yes", since a page of that kind would mislead */
  writeInto(file: string): void {
    if (this.hasFailures) throw new Error(`${file} is left as it is: something failed or was skipped`);
    const page = readFileSync(file, 'utf8');
    const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table`);
    writeFileSync(file, `${page.slice(0, begin + BEGIN.length)}\n\n${this}\n\n${page.slice(end)}`);
  }
}
