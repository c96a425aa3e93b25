const ESCAPE = '\u001b[';

/** Draws lines over what it drew before, on a terminal. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    out.write(`${ESCAPE}?25l`); // The cursor would jump about.
  }

  draw(lines: readonly string[]): void {
    // A line that wraps would break the count of lines to go back, so wrapping is off while we draw.
    const rows = lines.slice(0, Math.max(1, (this.#out.rows ?? 24) - 1));
    const back = this.#height > 0 ? `${ESCAPE}${this.#height}A` : '';
    const body = rows.map((line) => `${line}${ESCAPE}K\n`).join('');
    this.#out.write(`${ESCAPE}?7l${back}\r${body}${ESCAPE}J${ESCAPE}?7h`);
    this.#height = rows.length;
  }

  close(): void {
    this.#out.write(`${ESCAPE}?25h`);
  }
}
