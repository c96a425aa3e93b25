/**
 * Whether the controller may have given this broker's leadership away. The lease counts from the *sending* of the
 * heartbeat whose echo came back: the controller's session began later than that, so the lease ends first.
 */
export class Lease {
  #endMs = Number.NEGATIVE_INFINITY;
  #fenced = true;
  #unfencedMs = Number.NEGATIVE_INFINITY;

  /** An echo came back. `fenced`: what the controller said of this broker when it answered. */
  renewed(echo: { readonly sentMs: number; readonly sessionTimeoutMs: number; readonly fenced: boolean }): void {
    this.#endMs = Math.max(this.#endMs, echo.sentMs + echo.sessionTimeoutMs);
    // Metadata may show the unfencing before the answer to an earlier heartbeat arrives: that answer is old news.
    if (echo.fenced && echo.sentMs > this.#unfencedMs) this.#fenced = true;
  }

  /** Applied metadata says so. */
  setFenced(fenced: boolean, nowMs: number): void {
    if (this.#fenced && !fenced) this.#unfencedMs = nowMs;
    this.#fenced = fenced;
  }

  /** The registration is void: nothing of it counts for the next. */
  reset(): void {
    this.#endMs = Number.NEGATIVE_INFINITY;
    this.#unfencedMs = Number.NEGATIVE_INFINITY;
    this.#fenced = true;
  }

  get fenced(): boolean {
    return this.#fenced;
  }

  over(nowMs: number): boolean {
    return nowMs >= this.#endMs;
  }
}
