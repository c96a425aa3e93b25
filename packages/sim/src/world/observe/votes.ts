import { type QuorumMessage, QuorumService } from '@moldau/proto';
import type { Ghost } from '../../ghost/ghost.ts';
import type { Tap } from '../tapped-rpc.ts';

/** Notes each vote that leaves a node: from there on it counts, whatever its node forgets. */
export function voteTap(ghost: Ghost): Tap {
  return (path, message) => {
    if (!isQuorumMessage(path, message) || message.body?.kind !== 'voteResponse') return;
    const { from, term, toNodeId, toDirectoryId } = message;
    const { preVote, granted } = message.body.value;
    if (preVote || !granted || from === undefined) return;
    ghost.voteSeen(term, `${from.nodeId}/${from.directoryId}`, `${toNodeId}/${toDirectoryId}`);
  };
}

/** The path says what the message is. */
function isQuorumMessage(path: string, _message: unknown): _message is QuorumMessage {
  return path === QuorumService.deliver.path;
}
