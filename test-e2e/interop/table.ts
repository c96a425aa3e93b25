import { readFileSync, writeFileSync } from 'node:fs';
import { CLIENTS, type ClientName } from './clients.ts';

/** `lacks`: the client has no such thing. */
export type Outcome = 'passed' | 'failed' | 'lacks';

const MARKS: Readonly<Record<Outcome, string>> = { passed: 'yes', failed: 'FAILED', lacks: '–' };
/** In place of an outcome: it could not be installed, or was left out of this run. */
const NOT_TRIED = 'not tried';
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

  /** Rows stand in the order in which they are told. */
  row(feature: string): void {
    this.#outcomes.set(feature, new Map());
  }

  note(feature: string, client: ClientName, outcome: Outcome): void {
    this.#outcomes.get(feature)?.set(client, outcome);
  }

  get isWhole(): boolean {
    const isGood = (outcome?: Outcome): boolean => outcome === 'passed' || outcome === 'lacks';
    return [...this.#outcomes.values()].every((row) => CLIENTS.every((client) => isGood(row.get(client))));
  }

  /** As Markdown. */
  toString(): string {
    const rows = [
      ['', ...CLIENTS],
      ['version', ...CLIENTS.map((client) => this.#versions.get(client) ?? 'not installed')],
      ...[...this.#outcomes].map(([feature, row]) => [feature, ...CLIENTS.map((client) => markOf(row.get(client)))]),
    ];
    const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
    return [lines[0], `|${'---|'.repeat(CLIENTS.length + 1)}`, ...lines.slice(1)].join('\n');
  }

  /** Puts the table into the page. @throws when something failed or was not tried: nobody would know why from the page */
  writeInto(file: string): void {
    if (!this.isWhole) throw new Error(`${file} is left as it is: something failed or was not tried`);
    const page = readFileSync(file, 'utf8');
    const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table`);
    writeFileSync(file, `${page.slice(0, begin + BEGIN.length)}\n\n${this}\n\n${page.slice(end)}`);
  }
}

function markOf(outcome: Outcome | undefined): string {
  return outcome === undefined ? NOT_TRIED : MARKS[outcome];
}
