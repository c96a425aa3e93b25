/** Of one listener. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  /** From one address, so that one client that opens without end does not keep the nodes of the cluster out. */
  readonly connectionsPerAddressMax: number;
}

/** Each may hold megabytes unread: without a bound, a loop that connects would end the process. */
export const CONNECTION_LIMITS: ConnectionLimits = { connectionsMax: 10_000, connectionsPerAddressMax: 1_000 };

/** The connections of one listener. */
export class ConnectionCount {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  #count = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Whether there is room for one from this address; it is counted until {@link leave}. */
  enter(address: string): boolean {
    const fromThere = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.#limits.connectionsMax || fromThere >= this.#limits.connectionsPerAddressMax) return false;
    this.#count++;
    this.#byAddress.set(address, fromThere + 1);
    return true;
  }

  leave(address: string): void {
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    this.#count--;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
