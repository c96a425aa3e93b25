interface Ban {
  /** Tested against each line. The patterns are written so that they do not match themselves. */
  readonly pattern: RegExp;
  /** What to do instead. */
  readonly message: string;
  readonly files: RegExp;
}

const CODE = /\.(ts|tsx|mjs|js|proto)$/;
const SOURCES_AND_PAGES = /\.(ts|tsx|mjs|js|proto|md|json|ya?ml)$/;

/** What must not stand in a file. */
export const BANS: readonly Ban[] = [
  { pattern: /\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/, message: 'a leftover: do it now, or leave it out', files: CODE },
  { pattern: /@ts-(ignor[e]|expect-erro[r]|nochec[k])/, message: 'the compiler is right: mend the type', files: CODE },
  {
    pattern: /biome-ignor[e](-all|.*noExcessiveLines)/,
    message: 'size limits have no exceptions: split it',
    files: CODE,
  },
  {
    pattern: /biome-ignor[e] lint\/style\/noRestricted/,
    message: 'the fence around the machine has no holes: take it through a port',
    files: /^packages\/(?!sim\/src\/(command\/|ports\/(scheduler|sim-compression)\.ts$))[^/]+\/src\//,
  },
  { pattern: /oxlint-disabl[e]|eslint-disabl[e]/, message: 'a promise is awaited or has a handler', files: CODE },
  {
    pattern: /registry\.(npmj[s]|yarnpk[g])|https?:\/\/[\w.-]*(npm-registr[y]|artifactor[y]|verdacci[o]|npm-mirro[r])/i,
    message: 'names a package registry: where packages come from is the business of each machine',
    files: /./,
  },
  {
    pattern: /^\s*resolution: \{.*tarbal[l]:/,
    message: 'a lockfile with tarball addresses ties the project to one registry: install without them',
    files: /pnpm-lock\.yaml$/,
  },
  {
    pattern: /^\s*\/\/\/\s*<referenc[e]/,
    message: 'lets types in behind the back of tsconfig.json: import them',
    files: CODE,
  },
  {
    pattern: /^\s*(export )?declar[e] /,
    message: 'claims what the machine has: what comes from outside comes through a port, the web types through base',
    files: /^packages\/(?!base\/src\/bytes\/utf8\.ts$)[^/]+\/src\/(?!gen\/).*\.ts$/,
  },
  {
    pattern: /\.(localeCompar[e]|toLocal[e]\w*)\b/,
    message: 'depends on the locale of the machine: compare with < and >, and format by hand',
    files: /^packages\/(?!(host|rpc|server|dev|cli|bench)\/)[^/]+\/src\//,
  },
  { pattern: /(?<![\w.])\/tm[p]\//, message: 'a path of one machine: use os.tmpdir()', files: SOURCES_AND_PAGES },
];

/** Limits in lines that the linter does not know. */
export const LINES_MAX: readonly { readonly files: RegExp; readonly max: number; readonly why: string }[] = [
  {
    files: /^packages\/[^/]+\/README\.md$/,
    max: 40,
    why: 'purpose, invariants, entry file; the rest belongs in docs/',
  },
  { files: /^docs\/decisions\//, max: 30, why: 'context, choice, price, what would change our mind' },
];
