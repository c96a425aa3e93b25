import type { NodeId, Ports, RpcCloseReason } from '@moldau/base';
import { type Message, type Replica, type ReplicaKey, replicaName } from '@moldau/raft';
import type { VoterAddress } from './formation.ts';
import { PeerLink } from './peer-link.ts';

/** Voters and observers of a large quorum; beyond it the link unused for longest is closed. */
const LINKS_MAX = 128;
/** Replicas whose address is remembered; the one that changed it longest ago is forgotten. */
const ANNOUNCED_MAX = 128;
const PROBE_TIMEOUT_MS = 200;
/** The system closes a killed process's sockets one by one: its port still accepts for some 20 ms after its streams broke. */
const PROBES_MAX = 6;
const PROBE_EVERY_MS = 10;
/** One refusal may be a process that has just been replaced and does not listen yet. */
const REFUSALS_NEEDED = 2;

type LinkPorts = Pick<Ports, 'clock' | 'timers' | 'rpc' | 'logger' | 'stopProcess'>;

/** The links to all other nodes, by address, and which address is whose. */
export class PeerLinks {
  readonly #ports: LinkPorts;
  readonly #nodeId: NodeId;
  readonly #onGone: (address: string) => void;
  readonly #links = new Map<string, PeerLink>();
  /** What replicas last said of themselves, by name. */
  readonly #announced = new Map<string, string>();
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

  /** A message of this replica came: it knows best where it can be reached. */
  heard(from: Replica): void {
    const name = replicaName(from);
    if (this.#announced.get(name) === from.address) return;
    this.#announced.set(name, from.address);
    for (const oldest of this.#announced.keys()) {
      if (this.#announced.size <= ANNOUNCED_MAX) break;
      this.#announced.delete(oldest);
    }
  }

  addressOf(replica: Replica): string {
    return this.#announced.get(replicaName(replica)) ?? replica.address;
  }

  get droppedCount(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.droppedCount, this.#droppedByClosed);
  }

  send(address: string, message: Message): void {
    if (this.#closed) return;
    for (const target of this.#targets(message.to, address)) {
      const link = this.#links.get(target) ?? this.#connect(target);
      link.send(message);
    }
  }

  /**
   * Where the replica said it is, once that is proven to work. Until then also where the log says and where the
   * configuration says: a replaced node is known to the log alone, a quorum that was moved as a whole to its configuration
   * alone, and somebody else may listen at either. What comes to the wrong node, or twice, is dropped there.
   */
  #targets(to: ReplicaKey, loggedAddress: string): Iterable<string> {
    const announced = this.#announced.get(replicaName(to));
    if (announced !== undefined && this.#links.get(announced)?.isConfirmed === true) return [announced];
    const configured = this.#configured.get(to.nodeId);
    return new Set([announced, loggedAddress, configured].filter((address) => address !== undefined));
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
