/** Lines for the person at the terminal. A live view takes them in while it is up; otherwise they go to stderr. */
export class Notices {
  readonly #stderr: { write(text: string): unknown };
  #view: ((line: string) => void) | undefined;

  constructor(stderr: { write(text: string): unknown }) {
    this.#stderr = stderr;
  }

  tell(line: string): void {
    if (this.#view) this.#view(line);
    else this.#stderr.write(`${line}\n`);
  }

  /** From now on lines go to the view; `undefined` gives them back to stderr. */
  showIn(view: ((line: string) => void) | undefined): void {
    this.#view = view;
  }
}
