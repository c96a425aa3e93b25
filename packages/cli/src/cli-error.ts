/** What a process says by its exit code. */
export const EXIT = {
  done: 0,
  someFailed: 1,
  /** Wrong usage, or a question that was answered with no, or could not be asked. */
  usage: 2,
  /** The answer is no: not healthy. */
  no: 3,
  unreachable: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** A command that cannot go on. The message says what is wrong, the hint what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: number;
  readonly hint: string;

  constructor(code: string, message: string, options: { readonly exitCode?: number; readonly hint?: string } = {}) {
    super(message);
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.usage;
    this.hint = options.hint ?? '';
  }
}

/** As {@link CliError}, for what was typed. */
export function usageError(message: string, hint = ''): CliError {
  return new CliError('USAGE', message, { hint });
}

/** A failure for a person and for a program. */
export interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
}

const HINTS: Readonly<Record<string, string>> = {
  UNREACHABLE: 'start a cluster with npm start, or name its brokers: -b HOST:PORT',
  TIMED_OUT: 'see how the cluster is with npx moldau cluster health, or allow more time: --timeout 60s',
  UNKNOWN_TOPIC_OR_PARTITION: 'see what there is with npx moldau topic list',
  TOPIC_ALREADY_EXISTS: 'look at it with npx moldau topic describe NAME, or choose another name',
  INVALID_CONFIG: 'see the settings of a topic with npx moldau topic config get NAME',
  LEADER_NOT_AVAILABLE: 'see which brokers are down with npx moldau cluster health',
  OFFSET_OUT_OF_RANGE: 'see the offsets of a topic with npx moldau topic describe NAME',
  MESSAGE_TOO_LARGE: "raise the topic's max.message.bytes, or send smaller records",
  UNSUPPORTED_VERSION: 'the brokers run another version of Moldau, or -b names no brokers',
  ELECTION_NOT_NEEDED: 'see the leaders of a topic with npx moldau topic describe NAME',
  PREFERRED_LEADER_NOT_AVAILABLE: 'see who is in the ISR with npx moldau topic describe NAME, and try again when it is',
  ELIGIBLE_LEADERS_NOT_AVAILABLE:
    'start a broker of its ISR or ELR, or see npx moldau leader elect --help for --unclean',
  GROUP_ID_NOT_FOUND: 'see what there is with npx moldau group list',
  NON_EMPTY_GROUP: 'stop its consumers; npx moldau group describe NAME --members shows them',
  FENCED_INSTANCE_ID: 'give each consumer an instance id of its own',
  INCONSISTENT_GROUP_PROTOCOL: 'see how its members share with npx moldau group describe NAME',
  OUTCOME_UNKNOWN: 'read the topic to see whether the records are there before sending them again',
};

const UNREACHABLE: ReadonlySet<string> = new Set(['UNREACHABLE', 'TIMED_OUT']);

/** undefined: not a failure that is known, but a bug. Errors of the client are known by their shape: it is loaded lazily. */
export function explain(error: unknown): Explanation | undefined {
  if (error instanceof CliError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, hint, exitCode };
  }
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'MoldauError' || error.name === 'PartialFailureError') {
    const code = 'code' in error ? String(error.code) : 'UNKNOWN_SERVER_ERROR';
    return { code, message: error.message, hint: HINTS[code] ?? '', exitCode: exitCodeOf(code) };
  }
  if (error.name === 'DevError') {
    const hint = 'hint' in error ? String(error.hint) : '';
    const isUsage = 'isUsage' in error && error.isUsage === true;
    const [code, exitCode] = isUsage ? ['USAGE', EXIT.usage] : ['FAILED', EXIT.someFailed];
    return { code, message: error.message, hint, exitCode };
  }
  // What the system refused: a file that may not be read, a disk that is full.
  if (error.name === 'DiskError' || 'syscall' in error) {
    return { code: 'FAILED', message: error.message, hint: '', exitCode: EXIT.someFailed };
  }
  return undefined;
}

function exitCodeOf(code: string): number {
  if (code === 'INVALID_ARGUMENT') return EXIT.usage;
  if (code === 'ABORTED') return EXIT.interrupted;
  return UNREACHABLE.has(code) ? EXIT.unreachable : EXIT.someFailed;
}
