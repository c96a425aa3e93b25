/**
 * The rules of the house that no other tool checks: who may import whom, and what must not stand in a file. Rules are
 * data where they can be; each is shown to fire by a test on a made-up tree (test/tidy.test.ts).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { BANS, LINES_MAX } from './bans.ts';
import { EXPORTS, LAYERS, ONLY_IN, TEST_LAYER } from './layers.ts';
import { Checkout, checkPage } from './pages.ts';

export interface Finding {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  readonly message: string;
}

interface PackageJson {
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const FOLDERS_SKIPPED = new Set(['node_modules', 'dist', '.git', '.moldau', 'coverage']);
/** Its own generator answers for it. */
const GENERATED = /(^|\/)gen\//;
const TEXT = /\.(ts|tsx|mjs|js|json|md|ya?ml|proto|txt|grit|html|css)$|(^|\/)(run|Dockerfile|LICENSE|\.[a-z]+)$/;
const SCOPE = '@moldau/';
/** All that a package may say to the compiler for itself: one more option could let the types of Node back in. */
const COMPILER_OPTIONS = { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' };

/** Everything untidy under a root, in the order of the files. */
export function tidy(root: string): Finding[] {
  const all = listFiles(root, '');
  const files = all.filter((file) => !GENERATED.test(file));
  const packages = files.flatMap((file) => /^packages\/([^/]+)\/package\.json$/.exec(file)?.[1] ?? []);
  const checkout = new Checkout(all);
  return [
    ...files.flatMap((file) => checkText(file, readFileSync(path.join(root, file), 'utf8'), checkout)),
    ...packages.flatMap((name) => checkPackage(root, name, files)),
    ...checkRootReferences(root, packages),
    ...checkDecisions(root, packages, files),
  ];
}

function listFiles(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return FOLDERS_SKIPPED.has(entry.name) ? [] : listFiles(root, file);
    return entry.isFile() && TEXT.test(file) ? [file] : [];
  });
}

function checkText(file: string, text: string, checkout: Checkout): Finding[] {
  const lines = text.trimEnd().split('\n');
  const findings = BANS.filter(({ files }) => files.test(file)).flatMap(({ pattern, message }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [{ file, message: `line ${index + 1}: ${message}` }] : [])),
  );
  for (const limit of LINES_MAX) {
    if (limit.files.test(file) && lines.length > limit.max) {
      findings.push({ file, message: `${lines.length} lines, and at most ${limit.max} may be: ${limit.why}` });
    }
  }
  if (file.endsWith('.md')) {
    findings.push(...checkPage(file, text, checkout).map((message) => ({ file, message })));
  }
  return [...findings, ...checkImports(file, text)];
}

function checkImports(file: string, text: string): Finding[] {
  const [, name, inside] = /^packages\/([^/]+)\/(.+\.ts)$/.exec(file) ?? [];
  if (name === undefined || inside === undefined) return [];
  const findings: Finding[] = [];
  const only = ONLY_IN[name];
  for (const specifier of specifiers(text)) {
    if (specifier.startsWith('.') && path.posix.join(inside, '..', specifier).startsWith('..')) {
      findings.push({ file, message: `imports ${specifier}, which leaves the package: import ${SCOPE}NAME instead` });
    }
    if (only?.imports.includes(specifier) && inside.startsWith('src/') && inside !== only.file) {
      findings.push({ file, message: `imports ${specifier}: only ${only.file} of this package may` });
    }
  }
  return findings;
}

/** What a source imports or exports from, as written. */
function specifiers(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
}

/** What is installed for tests resolves in sources too, and would ship without its dependency. */
function checkSourceImports(root: string, file: string, dependencies: readonly string[]): Finding[] {
  return specifiers(readFileSync(path.join(root, file), 'utf8'))
    .filter((specifier) => !/^(\.|node:)/.test(specifier))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
    .filter((name) => !dependencies.includes(name))
    .map((name) => ({ file, message: `imports ${name}, which is not among the dependencies of its package` }));
}

function checkPackage(root: string, name: string, files: readonly string[]): Finding[] {
  const folder = `packages/${name}`;
  const file = `${folder}/package.json`;
  const manifest = readJson<PackageJson>(root, file);
  const dependencies = Object.entries(manifest.dependencies ?? {});
  const findings: Finding[] = checkLayer(file, name, manifest);
  const doors = JSON.stringify(EXPORTS[name] ?? { '.': './src/index.ts' });
  if (JSON.stringify(manifest.exports) !== doors) findings.push({ file, message: `exports must be ${doors}` });
  const unpinned = [...dependencies, ...Object.entries(manifest.devDependencies ?? {})]
    .filter(([dependency, version]) => version !== (dependency.startsWith(SCOPE) ? 'workspace:*' : 'catalog:'))
    .map(([dependency]) => dependency);
  for (const dependency of unpinned) {
    findings.push({
      file,
      message: `${dependency}: versions stand in pnpm-workspace.yaml; here "catalog:" or "workspace:*"`,
    });
  }
  const workspace = dependencies.flatMap(([dependency]) => (dependency.startsWith(SCOPE) ? [dependency] : []));
  const wanted = workspace.map((dependency) => `../${dependency.slice(SCOPE.length)}`);
  findings.push(...checkReferences(root, `${folder}/tsconfig.json`, wanted, 'the dependencies in package.json'));
  findings.push(...checkCompiler(root, name));
  const names = dependencies.map(([dependency]) => dependency);
  const sources = files.filter((other) => other.startsWith(`${folder}/src/`) && other.endsWith('.ts'));
  findings.push(...sources.flatMap((source) => checkSourceImports(root, source, names)));
  const filled = files.some((other) => other.startsWith(`${folder}/src/`) && other !== `${folder}/src/index.ts`);
  if (filled && !existsSync(path.join(root, folder, 'README.md'))) {
    findings.push({ file: folder, message: 'has no README.md: purpose, invariants, entry file' });
  }
  return findings;
}

function checkLayer(file: string, name: string, manifest: PackageJson): Finding[] {
  const layer = LAYERS[name];
  if (layer === undefined) return [{ file, message: 'the package stands in no layer: add it to scripts/layers.ts' }];
  const inSources = [...layer.workspace.map((other) => SCOPE + other), ...layer.npm];
  const inTests = [...inSources, ...TEST_LAYER.workspace.map((other) => SCOPE + other), ...TEST_LAYER.npm];
  const refuse = (dependencies: object | undefined, allowed: readonly string[], what: string): Finding[] =>
    Object.keys(dependencies ?? {})
      .filter((dependency) => !allowed.includes(dependency))
      .map((dependency) => ({ file, message: `${name} may not ${what} ${dependency} (scripts/layers.ts)` }));
  return [
    ...refuse(manifest.dependencies, inSources, 'import'),
    ...refuse(manifest.devDependencies, inTests, 'import in its tests'),
  ];
}

/** Purity is what the compiler is told: the fence of a package is the file that its tsconfig.json extends. */
function checkCompiler(root: string, name: string): Finding[] {
  const file = `packages/${name}/tsconfig.json`;
  const { references: _, ...given } = readJson<{ references?: unknown }>(root, file);
  const layer = LAYERS[name];
  const wanted = {
    extends: `../../tsconfig.${layer?.pure ? 'pure' : 'node'}.json`,
    compilerOptions: { ...COMPILER_OPTIONS, ...(layer?.inferred && { isolatedDeclarations: false }) },
    include: ['src'],
  };
  if (JSON.stringify(given) === JSON.stringify(wanted)) return [];
  return [{ file, message: `but for references it must be ${JSON.stringify(wanted)} (scripts/layers.ts)` }];
}

function checkRootReferences(root: string, packages: readonly string[]): Finding[] {
  const wanted = [...packages.map((name) => `packages/${name}`), './tsconfig.tests.json'];
  return checkReferences(root, 'tsconfig.json', wanted, 'the packages and the tests');
}

/** Each package from npm is argued where the next reader can find it. */
function checkDecisions(root: string, packages: readonly string[], files: readonly string[]): Finding[] {
  const decisions = files
    .filter((file) => file.startsWith('docs/decisions/'))
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .join();
  return packages.flatMap((name) => {
    const file = `packages/${name}/package.json`;
    const { dependencies = {}, devDependencies = {} } = readJson<PackageJson>(root, file);
    return Object.keys({ ...dependencies, ...devDependencies })
      .filter((dependency) => !dependency.startsWith(SCOPE) && !decisions.toLowerCase().includes(dependency))
      .map((dependency) => ({ file, message: `${dependency} is argued in no page of docs/decisions` }));
  });
}

/** A missing reference is no error to `tsc -b`: it builds in a lucky order. */
function checkReferences(root: string, file: string, wanted: readonly string[], what: string): Finding[] {
  const { references = [] } = readJson<{ references?: { path: string }[] }>(root, file);
  const given = references.map((reference) => reference.path);
  const missing = wanted.filter((reference) => !given.includes(reference));
  const extra = given.filter((reference) => !wanted.includes(reference));
  if (missing.length + extra.length === 0) return [];
  return [{ file, message: `references must equal ${what}: missing [${missing}], too many [${extra}]` }];
}

function readJson<T>(root: string, file: string): T {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

if (import.meta.main) {
  const findings = tidy(path.dirname(import.meta.dirname));
  for (const { file, message } of findings) process.stdout.write(`${file}: ${message}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
