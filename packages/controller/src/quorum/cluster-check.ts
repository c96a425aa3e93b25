import { type ClusterId, type NodeId, type Ports, RequestError, type Timer } from '@moldau/base';
import type { MessageRejection } from '@moldau/raft';
import type { Introduction, VoterAddress } from './formation.ts';
import { askWhoItIs } from './introduce.ts';

/**
 * Whether this node's directory belongs to the cluster of the voters that it was configured with. A node with an empty
 * directory asks that before it joins (formation.ts); one that was moved, restored or mounted wrongly has joined long ago,
 * elsewhere. Its messages are dropped by the others as theirs are by it, so Raft alone would look for a leader for ever.
 *
 * Without a leader the voters are asked. When more than half of them belong to one other cluster, it is this node that is
 * wrong, and it ends. When fewer do, it cannot know: one stray node must not stop the others, so they warn.
 */
export type ClusterVerdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'strangers'; readonly strangers: readonly Introduction[] }
  | { readonly kind: 'foreign'; readonly clusterId: ClusterId };

/** @param answers of the voters that answered, without this node's own */
export function judgeCluster(
  ownClusterId: ClusterId,
  voters: readonly VoterAddress[],
  answers: readonly Introduction[],
): ClusterVerdict {
  const strangers = answers.filter(({ clusterId }) => clusterId !== undefined && clusterId !== ownClusterId);
  if (strangers.length === 0) return { kind: 'same' };
  for (const { clusterId } of strangers) {
    const count = strangers.filter((each) => each.clusterId === clusterId).length;
    if (clusterId !== undefined && count * 2 > voters.length) return { kind: 'foreign', clusterId };
  }
  return { kind: 'strangers', strangers };
}

/** An election timeout or two: asking is cheap, and an operator waits. */
const ASK_EVERY_MS = 2000;
/** Of one kind of complaint. */
const WARN_EVERY_MS = 10_000;

const REJECTED: Readonly<Record<Exclude<MessageRejection, 'wrong-directory'>, string>> = {
  'wrong-cluster': 'belongs to another cluster',
  'wrong-version': 'speaks another version of the quorum`s protocol',
  impossible: 'sends messages that no node of the quorum sends',
};

export class ClusterCheck {
  readonly #ports: Pick<Ports, 'clock' | 'timers' | 'rpc' | 'logger' | 'stopProcess'>;
  readonly #self: { readonly nodeId: NodeId; readonly directory: string };
  readonly #hasLeader: () => boolean;
  readonly #warnedMs = new Map<string, number>();
  #complaint: { readonly text: string; readonly atMs: number } | undefined;
  #rejections = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'clock' | 'timers' | 'rpc' | 'logger' | 'stopProcess'>,
    of: { readonly nodeId: NodeId; readonly directory: string; readonly hasLeader: () => boolean },
  ) {
    this.#ports = ports;
    this.#self = of;
    this.#hasLeader = of.hasLeader;
  }

  /** What is wrong with the other nodes, as of late. */
  get complaint(): string | undefined {
    const complaint = this.#complaint;
    const isRecent = complaint !== undefined && this.#ports.clock.nowMs() - complaint.atMs < WARN_EVERY_MS;
    return isRecent ? complaint.text : undefined;
  }

  /** Quorum messages that were dropped since the start for another reason than the directory they were meant for. */
  get rejections(): number {
    return this.#rejections;
  }

  start(clusterId: ClusterId, voters: readonly VoterAddress[]): void {
    const others = voters.filter(({ nodeId }) => nodeId !== this.#self.nodeId);
    if (others.length === 0 || this.#closed) return;
    this.#ask(clusterId, voters, others).catch((error: unknown) => this.#ports.stopProcess(error));
  }

  /** A message that should not have come. One meant for the directory before this one is no reason to worry. */
  rejected(reason: MessageRejection, fromNodeId: NodeId): void {
    if (reason === 'wrong-directory') {
      this.#ports.logger.debug('quorum message rejected', { reason, fromNodeId });
      return;
    }
    this.#rejections++;
    const text = `node ${fromNodeId} ${REJECTED[reason]}`;
    this.#complain(reason, text, { fromNodeId, reason, rejections: this.#rejections });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #ask(clusterId: ClusterId, voters: readonly VoterAddress[], others: readonly VoterAddress[]): Promise<void> {
    if (!this.#hasLeader()) {
      const answers = await Promise.all(others.map((voter) => askWhoItIs(this.#ports, this.#self, voter)));
      if (this.#closed) return;
      this.#judge(
        clusterId,
        voters,
        answers.filter((answer) => answer !== undefined),
      );
    }
    this.#timer = this.#ports.timers.after(ASK_EVERY_MS, () => this.start(clusterId, voters));
  }

  #judge(clusterId: ClusterId, voters: readonly VoterAddress[], answers: readonly Introduction[]): void {
    const verdict = judgeCluster(clusterId, voters, answers);
    if (verdict.kind === 'same') return;
    if (verdict.kind === 'foreign') {
      const { directory } = this.#self;
      const message = `${directory} belongs to cluster ${clusterId}, the configured voters form cluster ${verdict.clusterId}: correct controller.quorum.voters or the directory`;
      this.#ports.stopProcess(new RequestError('INCONSISTENT_CLUSTER_ID', message));
      return;
    }
    const names = verdict.strangers.map((each) => `node ${each.nodeId} belongs to cluster ${each.clusterId ?? ''}`);
    this.#complain('voters', `this node belongs to cluster ${clusterId}, but ${names.join(', ')}`, { clusterId });
  }

  #complain(kind: string, text: string, fields: Readonly<Record<string, unknown>>): void {
    const atMs = this.#ports.clock.nowMs();
    this.#complaint = { text, atMs };
    if (atMs - (this.#warnedMs.get(kind) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return;
    this.#warnedMs.set(kind, atMs);
    this.#ports.logger.warn('quorum nodes do not belong together', { ...fields, complaint: text });
  }
}
