const ESCAPE = '\u001b[';
const ROWS_DEFAULT = 24;

/** Draws lines over what it drew before, on a terminal. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #showCursor = (): void => void this.#out.write(`${ESCAPE}?25h`);
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    // The cursor would jump about; however this process ends, the terminal gets it back.
    out.write(`${ESCAPE}?25l`);
    process.once('exit', this.#showCursor);
  }

  draw(lines: readonly string[]): void {
    // A line that wraps would break the count of lines to go back, so wrapping is off while we draw. Some terminals
    // say that they have no rows at all.
    const rows = lines.slice(0, (this.#out.rows || ROWS_DEFAULT) - 1);
    const back = this.#height > 0 ? `${ESCAPE}${this.#height}A` : '';
    const body = rows.map((line) => `${line}${ESCAPE}K\n`).join('');
    this.#out.write(`${ESCAPE}?7l${back}\r${body}${ESCAPE}J${ESCAPE}?7h`);
    this.#height = rows.length;
  }

  close(): void {
    process.off('exit', this.#showCursor);
    this.#showCursor();
  }
}
