import { RequestError, type RpcHandler, streamHandler, type Timers, unaryHandler } from '@moldau/base';
import { type QuorumMessage, QuorumService } from '@moldau/proto';
import type { Introduction } from './formation.ts';

/** What other quorum nodes call. */
export function quorumHandlers(
  timers: Timers,
  node: {
    /** Undefined before the node knows its configuration. */
    readonly introduce: () => Introduction | undefined;
    readonly deliver: (message: QuorumMessage) => void;
  },
): readonly RpcHandler[] {
  return [
    unaryHandler(QuorumService.introduce, async () => {
      const introduction = node.introduce();
      if (introduction === undefined)
        throw new RequestError('LEADER_NOT_AVAILABLE', 'this node is starting: ask again');
      return { ...introduction, clusterId: introduction.clusterId ?? '' };
    }),
    streamHandler(QuorumService.deliver, (stream) => {
      let confirming = false;
      return {
        onMessage: (message) => {
          node.deliver(message);
          if (confirming) return;
          confirming = true;
          timers.endOfTurn(() => {
            confirming = false;
            stream.send({});
          });
        },
        onReady: () => undefined,
        onClose: () => undefined,
      };
    }),
  ];
}
