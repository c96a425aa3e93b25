/** One thing that failed, for programs. */
export interface JsonError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Which of several things asked for. */
  readonly name?: string;
}

/** JSON of a value: 64-bit numbers as numbers while they are exact in JavaScript, above that as strings. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? bigintJson(each) : each), indent);
}

/** What every command prints with `-o json`, whatever happens. */
export function envelope(kind: string, items: readonly unknown[], errors: readonly JsonError[] = []): string {
  const parts = new EnvelopeParts(kind);
  return parts.items(items) + parts.end(errors);
}

/** The same document in parts: a topic or a segment may be larger than the memory. */
export class EnvelopeParts {
  readonly #kind: string;
  #begun = false;
  #hasItems = false;

  constructor(kind: string) {
    this.#kind = kind;
  }

  items(items: readonly unknown[]): string {
    let text = this.#begun ? '' : `{\n  "apiVersion": "v1",\n  "kind": ${toJson(this.#kind)},\n  "items": [`;
    this.#begun = true;
    for (const item of items) {
      text += `${this.#hasItems ? ',' : ''}\n    ${indented(item, '    ')}`;
      this.#hasItems = true;
    }
    return text;
  }

  /** To be called once, after at least one call of {@link items}. */
  end(errors: readonly JsonError[]): string {
    return `${this.#hasItems ? '\n  ' : ''}],\n  "errors": ${indented(errors, '  ')}\n}\n`;
  }
}

/** Line ends within texts are escaped in JSON: those that are left are between its lines. */
function indented(value: unknown, indent: string): string {
  return toJson(value, 2).replaceAll('\n', `\n${indent}`);
}

function bigintJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
