const ADVICE = {
  EADDRINUSE: 'another process listens there: stop it, or choose another port',
  EACCES: 'this user may not listen there: choose a port from 1024 up',
  EADDRNOTAVAIL: 'this machine does not have that address: choose one of its own',
} as const;

type KnownCode = keyof typeof ADVICE;

const KNOWN = Object.keys(ADVICE) as KnownCode[];

/** An address that could not be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly address: string;
  readonly code: KnownCode | 'EOTHER';

  constructor(address: string, code: ListenError['code'], options?: { readonly cause?: Error }) {
    const advice = code === 'EOTHER' ? (options?.cause?.message ?? 'unknown reason') : `${ADVICE[code]} (${code})`;
    super(`cannot listen on ${address}: ${advice}`, options);
    this.address = address;
    this.code = code;
  }

  /** Some libraries give the system's code only in their text. */
  static of(address: string, cause: Error): ListenError {
    return new ListenError(address, KNOWN.find((code) => cause.message.includes(code)) ?? 'EOTHER', { cause });
  }
}
