import { majorityOf } from './majority.ts';

export type VoteOutcome = 'won' | 'lost' | 'open';

/** Answers to one round of votes or pre-votes. The first answer of a replica counts. */
export class Votes {
  readonly #answers = new Map<string, boolean>();

  record(replica: string, granted: boolean): void {
    if (!this.#answers.has(replica)) this.#answers.set(replica, granted);
  }

  /** Only the answers of these voters count: a replica that is no voter has no vote, whatever it says. */
  outcome(voters: readonly string[]): VoteOutcome {
    const needed = majorityOf(voters.length);
    const granted = voters.filter((voter) => this.#answers.get(voter) === true).length;
    const denied = voters.filter((voter) => this.#answers.get(voter) === false).length;
    if (granted >= needed) return 'won';
    return voters.length - denied < needed ? 'lost' : 'open';
  }
}
