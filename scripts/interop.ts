/**
 * `npm run interop`: the suite with clients of others, alone. With `--table` what it found goes into the guide; other
 * arguments go to Vitest (`npm run interop -- -t kcat`).
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root } from './check.ts';

const PAGE = path.join(root, 'docs/guide/kafka-clients.md');
const args = process.argv.slice(2).filter((arg) => arg !== '--table');
const wantsTable = args.length < process.argv.length - 2;
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'process', 'test-e2e/interop', ...args],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...(wantsTable && { MOLDAU_INTEROP_TABLE: PAGE }) } },
);
process.exitCode = status ?? 1;
