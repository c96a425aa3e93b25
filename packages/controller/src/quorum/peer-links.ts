import type { NodeId, Ports, RpcCloseReason } from '@moldau/base';
import type { Message, Replica } from '@moldau/raft';
import type { VoterAddress } from './formation.ts';
import { PeerLink } from './peer-link.ts';

/** Voters and observers of a large quorum; beyond it the link unused for longest is closed. */
const LINKS_MAX = 128;
const PROBE_TIMEOUT_MS = 200;
/** The system closes a killed process's sockets one by one: its port still accepts for some 20 ms after its streams broke. */
const PROBES_MAX = 6;
const PROBE_EVERY_MS = 10;
/** One refusal may be a process that has just been replaced and does not listen yet. */
const REFUSALS_NEEDED = 2;

type LinkPorts = Pick<Ports, 'clock' | 'timers' | 'rpc' | 'logger' | 'stopProcess'>;

/** The links to all other nodes, by address. */
export class PeerLinks {
  readonly #ports: LinkPorts;
  readonly #nodeId: NodeId;
  readonly #onGone: (address: string) => void;
  readonly #links = new Map<string, PeerLink>();
  /** As configured: after a move of the whole quorum the addresses in its log are out of date. */
  readonly #configured = new Map<NodeId, string>();
  /** Addresses with probes under way. */
  readonly #probing = new Set<string>();
  #closed = false;
  #droppedByClosed = 0;

  /** @param options.onGone nobody listens at this address any more: the process that did is gone */
  constructor(ports: LinkPorts, options: { readonly nodeId: NodeId; readonly onGone: (address: string) => void }) {
    this.#ports = ports;
    this.#nodeId = options.nodeId;
    this.#onGone = options.onGone;
  }

  configure(voters: readonly VoterAddress[]): void {
    for (const { nodeId, address } of voters) this.#configured.set(nodeId, address);
  }

  addressOf({ nodeId, address }: Pick<Replica, 'nodeId' | 'address'>): string {
    return this.#configured.get(nodeId) ?? address;
  }

  get droppedCount(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.droppedCount, this.#droppedByClosed);
  }

  send(address: string, message: Message): void {
    if (this.#closed) return;
    const target = this.#configured.get(message.to.nodeId) ?? address;
    const link = this.#links.get(target) ?? this.#connect(target);
    link.send(message);
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #connect(address: string): PeerLink {
    if (this.#links.size >= LINKS_MAX) this.#closeOldest();
    const link = new PeerLink(this.#ports.clock, this.#ports.rpc, address, {
      clientId: `controller-${this.#nodeId}`,
      onLost: (reason) => this.#lost(address, reason),
    });
    this.#links.set(address, link);
    return link;
  }

  #closeOldest(): void {
    const oldest = [...this.#links.values()].reduce((left, right) => (right.usedAtMs < left.usedAtMs ? right : left));
    this.#droppedByClosed += oldest.droppedCount;
    this.#links.delete(oldest.address);
    oldest.close();
  }

  #lost(address: string, reason: RpcCloseReason): void {
    this.#ports.logger.debug('quorum stream lost', { address, code: reason.code, message: reason.message });
    if (reason.code !== 'broken' && reason.code !== 'refused') return;
    // A redial that is refused is another loss of the same process.
    if (this.#probing.has(address)) return;
    this.#probing.add(address);
    this.#probe(address)
      .catch((error: unknown) => this.#ports.stopProcess(error))
      .finally(() => this.#probing.delete(address));
  }

  /** What is accepted, or reset, proves nothing: the socket of a process that is gone may do either for a moment. */

  async #probe(address: string): Promise<void> {
    let refusals = 0;
    for (let count = 0; count < PROBES_MAX && !this.#closed; count++) {
      const result = await this.#ports.rpc.probe(address, { timeoutMs: PROBE_TIMEOUT_MS });
      refusals = result === 'refused' ? refusals + 1 : 0;
      if (refusals === REFUSALS_NEEDED) break;
      await new Promise<void>((resolve) => {
        this.#ports.timers.after(PROBE_EVERY_MS, resolve);
      });
    }
    if (refusals === REFUSALS_NEEDED && !this.#closed) this.#onGone(address);
  }
}
