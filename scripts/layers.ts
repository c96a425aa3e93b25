/**
 * Who may know whom. Imports point one way, and brokers, controllers and clients never import one another: they meet
 * in `proto` and in `metadata`. Think twice before adding a line here: it is the architecture.
 */
export interface Layer {
  /** Packages of the workspace that the sources may depend on. */
  readonly workspace: readonly string[];
  /** Packages from npm; each is argued in docs/decisions. */
  readonly npm: readonly string[];
  /** Compiled without the types of Node, so that it cannot name a clock, a timer or a byte of the machine. */
  readonly pure?: true;
  /** Exports whose types follow from the data that they are made of (decision 14): the compiler works them out. */
  readonly inferred?: true;
}

export const LAYERS: Readonly<Record<string, Layer>> = {
  base: { workspace: [], npm: [], pure: true },
  history: { workspace: [], npm: [], pure: true },
  proto: { workspace: ['base'], npm: ['protobufjs'] },
  records: { workspace: ['base'], npm: [], pure: true },
  protocol: { workspace: ['base'], npm: [], pure: true, inferred: true },
  raft: { workspace: ['base'], npm: [], pure: true },
  metadata: { workspace: ['base', 'proto'], npm: [], pure: true },
  log: { workspace: ['base', 'records'], npm: [], pure: true },
  controller: { workspace: ['base', 'log', 'metadata', 'proto', 'raft'], npm: [] },
  broker: { workspace: ['base', 'log', 'metadata', 'proto', 'protocol', 'records'], npm: [] },
  client: { workspace: ['base', 'host', 'proto', 'protocol', 'records', 'rpc'], npm: [] },
  host: { workspace: ['base'], npm: ['@node-rs/crc32', 'level', 'pino'] },
  rpc: { workspace: ['base'], npm: ['@grpc/grpc-js'] },
  server: { workspace: ['base', 'broker', 'controller', 'host', 'log', 'metadata', 'proto', 'rpc'], npm: [] },
  dev: {
    workspace: ['base', 'client', 'history', 'host', 'proto', 'rpc', 'server'],
    npm: ['picocolors', 'vega-datasets'],
  },
  bench: { workspace: ['base', 'client', 'dev', 'host', 'proto', 'protocol', 'records', 'rpc'], npm: [] },
  cli: {
    workspace: ['base', 'client', 'dev', 'host', 'log', 'metadata', 'proto', 'records', 'rpc', 'server'],
    npm: ['commander', 'picocolors'],
  },
  sim: {
    workspace: [
      'base',
      'broker',
      'client',
      'controller',
      'history',
      'log',
      'metadata',
      'proto',
      'protocol',
      'raft',
      'records',
    ],
    // The conformance suites of the ports are tests that host runs too.
    npm: ['vitest'],
  },
};

/** What tests may depend on besides what their package's sources may. */
export const TEST_LAYER: Layer = { workspace: ['host', 'sim'], npm: ['fast-check', 'vitest'] };

/** Imports that only one file of a package may have: the rest of the client is free of Node. */
export const ONLY_IN: Readonly<Record<string, { readonly imports: readonly string[]; readonly file: string }>> = {
  client: { imports: ['@moldau/host', '@moldau/rpc'], file: 'src/node.ts' },
};

/** The doors of each package; whatever is not named here has one, its `src/index.ts`. */
export const EXPORTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sim: { '.': './src/index.ts', './suites': './src/suites/index.ts' },
};
