import type { RaftCore } from './core.ts';
import type { Append, Message } from './messages.ts';

/**
 * Whether a replica that works could have sent this. Peers are not authenticated yet, and what one invents must not stop this
 * process by an assertion, nor be counted. Two leaders in one term are no matter of a single message: the assertion in
 * roles/follower.ts stays, since to go on would be to choose between two histories.
 */
export function isPlausible(core: RaftCore, { from, term, body }: Message): boolean {
  if (core.isSelf(from)) return false;
  switch (body.kind) {
    case 'append':
      return isPieceOfLog(body, term);
    case 'snapshotChunk':
      return body.positionBytes + body.bytes.length <= body.snapshot.sizeBytes && body.snapshot.term <= term;
    case 'appendAccepted':
      // A claim of another term is not looked at any further.
      return core.role.kind !== 'leader' || term !== core.term || body.matchIndex <= core.log.lastIndex;
    default:
      return true;
  }
}

/** Indexes count up, terms do not fall, and none is newer than the leader's own. */
function isPieceOfLog({ prevIndex, prevTerm, entries }: Append, term: number): boolean {
  let before = { index: prevIndex, term: prevTerm };
  for (const entry of entries) {
    if (entry.index !== before.index + 1 || entry.term < before.term) return false;
    before = entry;
  }
  return before.term <= term;
}
