import type { NodePlan } from './cluster-plan.ts';
import type { NodeExit } from './node-process.ts';

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

/** A node's end that nobody asked for, or that `kill` made. */
export interface NodeEnd {
  readonly plan: Pick<NodePlan, 'name' | 'directory'>;
  /** By itself. */
  readonly died: boolean;
  readonly exit: NodeExit;
  /** What starts it again; undefined where nobody has to. */
  readonly startCommand: string | undefined;
}

export function endedText({ plan, died, exit, startCommand }: NodeEnd): string {
  const how = exit.signal ? `ended by ${exit.signal}` : `ended with ${exit.code}`;
  const where = died && exit.signal === null ? `; see ${plan.directory}/node.log` : '';
  return `${plan.name}: ${how}${where}${startCommand === undefined ? '' : `. Start it again with ${startCommand}`}`;
}
