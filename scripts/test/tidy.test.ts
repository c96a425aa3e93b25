import { expect, test } from 'vitest';
import { tidy } from '../tidy.ts';
import { MadeUpTree } from './made-up-tree.ts';

interface Manifest {
  exports?: object;
  dependencies?: object;
  devDependencies?: object;
}

const manifest = (changes: Manifest = {}): string =>
  JSON.stringify({ exports: { '.': './src/index.ts' }, dependencies: {}, ...changes });
const references = (...paths: string[]): string =>
  JSON.stringify({ references: paths.map((reference) => ({ path: reference })) });
const tsconfig = (fence: 'pure' | 'node', ...paths: string[]): string =>
  JSON.stringify({
    extends: `../../tsconfig.${fence}.json`,
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
    include: ['src'],
    ...JSON.parse(references(...paths)),
  });

/** A tree in which nothing is wrong: base, and raft that imports it. */
const TIDY: Readonly<Record<string, string>> = {
  'README.md': '# Title\n\n```sh\n# no title\n```\n',
  'docs/decisions/0001-tools.md': '# 1. Tools\n\nVitest, and lodash.\n',
  'tsconfig.json': references('packages/base', 'packages/raft', './tsconfig.tests.json'),
  'packages/base/package.json': manifest(),
  'packages/base/tsconfig.json': tsconfig('pure'),
  'packages/base/src/index.ts': 'export {};\n',
  'packages/raft/package.json': manifest({ dependencies: { '@moldau/base': 'workspace:*' } }),
  'packages/raft/tsconfig.json': tsconfig('pure', '../base'),
  'packages/raft/README.md': '# Raft\n',
  'packages/raft/src/index.ts': "export { x } from './x.ts';\n",
  'packages/raft/src/x.ts': "import { y } from '@moldau/base';\nexport const x: number = y;\n",
};

function findings(changes: Readonly<Record<string, string>>): string[] {
  using tree = new MadeUpTree({ ...TIDY, ...changes });
  return tidy(tree.root).map(({ file, message }) => `${file}: ${message}`);
}

test('a tidy tree has no findings', () => {
  expect(findings({})).toEqual([]);
});

const UNTIDY: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'a package that imports one above it',
    {
      'packages/base/package.json': manifest({ dependencies: { '@moldau/raft': 'workspace:*' } }),
      'packages/base/tsconfig.json': tsconfig('pure', '../raft'),
    },
    /base may not import @moldau\/raft/,
  ],
  [
    'an npm package nobody allowed',
    { 'packages/base/package.json': manifest({ dependencies: { lodash: 'catalog:' } }) },
    /base may not import lodash/,
  ],
  [
    'a test that imports across the house',
    { 'packages/base/package.json': manifest({ devDependencies: { '@moldau/server': 'workspace:*' } }) },
    /base may not import in its tests @moldau\/server/,
  ],
  [
    'a source that imports what only tests may',
    {
      'packages/base/package.json': manifest({ devDependencies: { '@moldau/sim': 'workspace:*' } }),
      'packages/base/src/index.ts': "export { x } from '@moldau/sim/suites';\n",
    },
    /index\.ts: imports @moldau\/sim, which is not among/,
  ],
  [
    'a package in no layer',
    {
      'packages/attic/package.json': manifest(),
      'packages/attic/tsconfig.json': tsconfig('node'),
      'tsconfig.json': references('packages/base', 'packages/raft', 'packages/attic', './tsconfig.tests.json'),
    },
    /stands in no layer/,
  ],
  ['a missing project reference', { 'packages/raft/tsconfig.json': tsconfig('pure') }, /missing \[\.\.\/base\]/],
  [
    'a needless project reference',
    { 'packages/base/tsconfig.json': tsconfig('pure', '../raft') },
    /too many \[\.\.\/raft\]/,
  ],
  [
    'a pure package with the types of Node',
    { 'packages/raft/tsconfig.json': tsconfig('node', '../base') },
    /raft\/tsconfig\.json: .*tsconfig\.pure\.json/,
  ],
  [
    'a pure package that lets the types of Node in by itself',
    {
      'packages/raft/tsconfig.json': tsconfig('pure', '../base').replace('"rootDir"', '"types":["node"],"rootDir"'),
    },
    /raft\/tsconfig\.json: but for references it must be/,
  ],
  [
    'types let in by a comment',
    { 'packages/raft/src/x.ts': `/// <${'reference'} types="node" />\n` },
    /behind the back/,
  ],
  ['a claim about the machine', { 'packages/raft/src/x.ts': `${'declare'} const Buffer: object;\n` }, /through a port/],
  [
    'a package the root does not build',
    { 'tsconfig.json': references('packages/base', './tsconfig.tests.json') },
    /missing \[packages\/raft\]/,
  ],
  [
    'a second door',
    { 'packages/base/package.json': manifest({ exports: { '.': './src/index.ts', './x': './src/x.ts' } }) },
    /exports must be/,
  ],
  [
    'a version outside the catalog',
    {
      'packages/raft/package.json': manifest({
        dependencies: { '@moldau/base': 'workspace:*' },
        devDependencies: { vitest: '^5' },
      }),
    },
    /vitest: versions stand in/,
  ],
  ['a package without a README', { 'packages/base/src/y.ts': 'export {};\n' }, /packages\/base: has no README/],
  ['a long package README', { 'packages/raft/README.md': `# Raft\n${'x\n'.repeat(40)}` }, /41 lines/],
  ['a long decision', { 'docs/decisions/0002-x.md': `# 2. X\n${'x\n'.repeat(30)}` }, /31 lines/],
  [
    'an import that leaves its package',
    { 'packages/raft/src/x.ts': "import '../../base/src/index.ts';\n" },
    /leaves the package/,
  ],
  [
    'a package from npm that nobody argued for',
    {
      'packages/raft/package.json': manifest({
        dependencies: { '@moldau/base': 'workspace:*' },
        devDependencies: { 'fast-check': 'catalog:' },
      }),
    },
    /fast-check is argued in no page/,
  ],
  ['a decision with a title like no other', { 'docs/decisions/0012-x.md': '# 0012: X\n' }, /begins "# 12\. "/],
  [
    'a hole in the fence',
    { 'packages/broker/src/x.ts': `// biome-${'ignore'} lint/style/noRestrictedImports: just this once\n` },
    /has no holes/,
  ],
  ['two titles', { 'README.md': '# One\n\n# Two\n' }, /has 2 lines "# Title"/],
  ['no title', { 'README.md': 'text\n' }, /has 0 lines "# Title"/],
  ['a link that leads nowhere', { 'README.md': '# Title\n\n[more](docs/more.md#x)\n' }, /links to docs\/more\.md/],
  ['a source that is not there', { 'README.md': '# Title\n\nSee `raft/src/y.ts`.\n' }, /names raft\/src\/y\.ts/],
  ['a folder that is not there', { 'packages/raft/README.md': '# Raft\n\n`src/roles/`\n' }, /names src\/roles\//],
  [
    "a package's README that names another's source",
    {
      'packages/raft/README.md': '# Raft\n\n`src/z.ts`\n',
      'packages/base/README.md': '# Base\n',
      'packages/base/src/z.ts': '',
    },
    /names src\/z\.ts/,
  ],
  ['a title that comes late', { 'README.md': 'text\n\n# Title\n' }, /first line/],
  ['a leftover', { 'packages/raft/src/x.ts': `// ${'TO'}DO later\n` }, /line 1: a leftover/],
  ['a silenced compiler', { 'packages/raft/src/x.ts': `// @ts-${'ignore'}\n` }, /mend the type/],
  [
    'an exception from the size limits',
    { 'packages/raft/src/x.ts': `// biome-${'ignore'} lint/style/noExcessiveLinesPerFile: long\n` },
    /size limits have no exceptions/,
  ],
  ['a silenced promise', { 'packages/raft/src/x.ts': `// oxlint-${'disable'}-next-line\n` }, /is awaited or has/],
  ['a package registry', { 'README.md': `# Title\n\nhttps://registry.${'npmjs'}.org/\n` }, /names a package registry/],
  [
    'a tarball in the lockfile',
    { 'pnpm-lock.yaml': `    resolution: {integrity: x, ${'tarball'}: https://example.org/x.tgz}\n` },
    /tarball addresses/,
  ],
  ['the order of a locale', { 'packages/raft/src/x.ts': `'a'.${'localeCompare'}('b');\n` }, /depends on the locale/],
  ['the numbers of a locale', { 'packages/raft/src/x.ts': `x?.${'toLocaleString'}();\n` }, /depends on the locale/],
  ['a path of one machine', { 'packages/raft/src/x.ts': `const x = '/${'tmp'}/x';\n` }, /a path of one machine/],
];

test.each(UNTIDY)('%s is found', (_what, changes, message) => {
  expect(findings(changes)).toEqual([expect.stringMatching(message)]);
});

test('what a page names may be a folder, the end of a path, or many files', () => {
  const page =
    '# Title\n\n[raft](packages/raft) [x](packages/raft/src/x.ts#L1) `raft/src/` `src/x.ts` `raft/*/x.ts` `lock/` `a/b`\n';
  expect(findings({ 'README.md': page })).toEqual([]);
});

test('only the file that wires the client may import Node', () => {
  const client = {
    'tsconfig.json': references('packages/base', 'packages/raft', 'packages/client', './tsconfig.tests.json'),
    'packages/client/package.json': manifest({ dependencies: { '@moldau/host': 'workspace:*' } }),
    'packages/client/tsconfig.json': tsconfig('node', '../host'),
    'packages/client/README.md': '# Client\n',
    'packages/client/src/node.ts': "import { ports } from '@moldau/host';\nimport 'node:fs';\n",
  };
  expect(findings(client)).toEqual([]);
  const elsewhere = { 'packages/client/src/producer.ts': "import { ports } from '@moldau/host';\n" };
  expect(findings({ ...client, ...elsewhere })).toEqual([expect.stringMatching(/producer\.ts: .*only src\/node\.ts/)]);
});
