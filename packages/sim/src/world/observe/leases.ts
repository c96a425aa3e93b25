import { NO_ERROR, type NodeId } from '@moldau/base';
import { ControllerService, type HeartbeatRequest, type HeartbeatResponse } from '@moldau/proto';
import type { Ghost } from '../../ghost/ghost.ts';
import type { Tap } from '../tapped-rpc.ts';

interface Beat {
  readonly brokerId: NodeId;
  readonly brokerEpoch: number;
  readonly leftMs: number;
}

interface Surroundings {
  readonly ghost: Ghost;
  readonly nowMs: number;
  readonly brokers: ReadonlyMap<NodeId, { readonly process: { readonly clockRate: number } }>;
}

/**
 * How long a broker may hold itself for leader on its own word, in true time: from the moment at which a heartbeat left it
 * that a controller has answered. A broker counts by its own clock, which may be slow.
 */
export function leaseTap(world: Surroundings): Tap {
  const beats = new WeakMap<object, Map<number, Beat>>();
  return {
    sent(path, message, stream) {
      if (!isHeartbeat(path, message)) return;
      const { brokerId, brokerEpoch, sequence } = message;
      const ofStream = beats.get(stream) ?? new Map<number, Beat>();
      beats.set(stream, ofStream);
      ofStream.set(sequence, { brokerId, brokerEpoch, leftMs: world.nowMs });
    },
    heard(path, message, stream) {
      if (!isEcho(path, message) || message.errorCode !== NO_ERROR) return;
      const beat = beats.get(stream)?.get(message.sequence);
      if (beat === undefined) return;
      const { brokerId, brokerEpoch, leftMs } = beat;
      const clockRate = world.brokers.get(brokerId)?.process.clockRate ?? 1;
      world.ghost.leaseRenewed(brokerId, brokerEpoch, leftMs + message.sessionTimeoutMs / clockRate);
    },
  };
}

/** The path says what the message is. */
function isHeartbeat(path: string, _message: unknown): _message is HeartbeatRequest {
  return path === ControllerService.heartbeat.path;
}

/** What comes on that stream. */
function isEcho(path: string, _message: unknown): _message is HeartbeatResponse {
  return path === ControllerService.heartbeat.path;
}
