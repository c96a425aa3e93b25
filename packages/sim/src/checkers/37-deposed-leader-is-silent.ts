import { complain, type Invariant } from './checker.ts';

/** Check-quorum is after one second. */
const SILENCE_MS_MAX = 2_500;
/** After a stall of its own, a leader forgives its followers what it did not hear, as soon as it has noticed. */
const NOTICING_MS_MAX = 1_500;

/**
 * Not in the catalogue, which has only the bug (18). What such a leader answers may be long out of date, and nothing else
 * would show it: without followers it commits nothing. What the broker knows is read off its metadata, and how long its lease
 * lasts off the heartbeats on the network, in true time: both are what its own count is judged by.
 */
export const deposedLeaderIsSilent: Invariant = {
  name: '37-deposed-leader-is-silent',
  sentence:
    'A partition leader answers nothing when it knows that it is fenced or deposed, or when its lease is over and an in-sync follower is cut off; a leader of the quorum steps down when no majority answers it.',
  create() {
    const check = complain(deposedLeaderIsSilent.name);
    const silentFrom = new Map<string, number>();
    return (observation) => {
      for (const broker of observation.brokers) {
        for (const replica of broker.replicas) {
          if (replica.role !== 'leader' || !replica.serving) continue;
          const what = `broker ${broker.brokerId} still serves ${replica.key} in epoch ${replica.leaderEpoch}`;
          check(replica.isNamed, () => `${what}, and knows that it is fenced or deposed`);
          check(!broker.leaseOver || !replica.isrStreamDown, () => `${what}, without lease and without its followers`);
        }
      }
      for (const node of observation.quorum) {
        const reign = `${node.nodeId} ${node.life} ${node.term}`;
        const { majoritySilentMs } = node;
        if (majoritySilentMs <= SILENCE_MS_MAX) {
          silentFrom.delete(reign);
          continue;
        }
        const from = silentFrom.get(reign) ?? majoritySilentMs;
        silentFrom.set(reign, from);
        check(
          majoritySilentMs - from <= NOTICING_MS_MAX,
          () => `node ${node.nodeId} leads term ${node.term}, and no majority has answered for ${majoritySilentMs} ms`,
        );
      }
    };
  },
};
