/** One thing that must hold before a node is ready. */
export interface HealthFact {
  /** What it is about, in words that follow "waiting for": `registration`, `metadata`. */
  readonly name: string;
  readonly ok: boolean;
  /** How far it is, or what it waits for. */
  readonly detail: string;
}

/** The answer to /readyz; not ready names what is missing. */
export function readiness(facts: readonly HealthFact[], verbose: boolean): { status: 200 | 503; body: string } {
  const missing = facts.filter(({ ok }) => !ok);
  const lines = (verbose ? facts : missing).map(({ name, ok, detail }) => `[${ok ? '+' : '-'}] ${name}: ${detail}`);
  const verdict = missing.length === 0 ? 'ready' : 'not ready';
  return { status: missing.length === 0 ? 200 : 503, body: `${[...lines, verdict].join('\n')}\n` };
}
