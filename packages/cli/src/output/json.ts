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
  return `${toJson({ apiVersion: 'v1', kind, items, errors }, 2)}\n`;
}

function bigintJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
