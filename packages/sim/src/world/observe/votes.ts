import { type QuorumMessage, QuorumService } from '@moldau/proto';
import type { Ghost } from '../../ghost/ghost.ts';
import type { Tap } from '../tapped-rpc.ts';

/**
 * Notes each vote and each term that leaves a node: from there on they count, whatever its node forgets. A candidate asks
 * for votes in a term in which it has voted for itself.
 */
export function voteTap(ghost: Ghost): Tap {
  const sent = (path: string, message: unknown): void => {
    if (!isQuorumMessage(path, message) || message.from === undefined) return;
    const { from, term, toNodeId, toDirectoryId, body } = message;
    const sender = `${from.nodeId}/${from.directoryId}`;
    if (body?.kind === 'voteRequest') {
      // A pre-vote names a term that nobody is in yet.
      if (body.value.preVote) return;
      ghost.voteSeen(term, sender, sender);
    } else if (body?.kind === 'voteResponse') {
      if (body.value.preVote) return;
      if (body.value.granted) ghost.voteSeen(term, sender, `${toNodeId}/${toDirectoryId}`);
    }
    ghost.termSeen(sender, term);
  };
  return { sent };
}

/** The path says what the message is. */
function isQuorumMessage(path: string, _message: unknown): _message is QuorumMessage {
  return path === QuorumService.deliver.path;
}
