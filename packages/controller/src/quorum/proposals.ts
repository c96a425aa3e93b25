import { assert, type ControllerEpoch, type MetadataOffset, RequestError } from '@moldau/base';
import type { Entry } from '@moldau/raft';

interface Proposal {
  readonly index: MetadataOffset;
  readonly term: ControllerEpoch;
  readonly resolve: () => void;
  readonly reject: (reason: RequestError) => void;
}

/** What this node proposed as leader and is not decided yet, in the order of the log. The machine bounds it by bytes. */
export class Proposals {
  #open: Proposal[] = [];

  add(index: MetadataOffset, term: ControllerEpoch): Promise<void> {
    assert(index > (this.#open.at(-1)?.index ?? 0), 'proposals rise', { index });
    return new Promise((resolve, reject) => {
      this.#open.push({ index, term, resolve, reject });
    });
  }

  get count(): number {
    return this.#open.length;
  }

  /** To be called after the state machine has applied the entries. */
  committed(entries: readonly Entry[]): void {
    let settled = 0;
    for (const entry of entries) {
      const proposal = this.#open[settled];
      if (proposal?.index !== entry.index) continue;
      settled += 1;
      if (proposal.term === entry.term) proposal.resolve();
      else proposal.reject(leadershipLost());
    }
    this.#open.splice(0, settled);
  }

  /** Leadership is lost: whether these will be committed is for the next leader to know. */
  abandon(): void {
    for (const { reject } of this.#open.splice(0)) reject(leadershipLost());
  }
}

/** NOT_CONTROLLER would say that nothing was done. */
function leadershipLost(): RequestError {
  return new RequestError(
    'REQUEST_TIMED_OUT',
    'this node lost leadership of the quorum; whether the change was made is not known',
  );
}
