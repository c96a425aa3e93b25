import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Half a minute on a quiet machine; a busy one takes longer for each node's start. */
const TIMEOUT_MS = 300_000;

test.each([
  ['follower, leader and controller killed', []],
  ['the same with a supervisor that restarts them', ['--supervised']],
  ['all brokers killed at once', ['--all-at-once']],
])(
  '%s: nothing acknowledged is lost',
  async (_, options) => {
    const file = fileURLToPath(new URL('../src/failover/main.ts', import.meta.url));
    const child = spawn(process.execPath, [file, '--rounds', '1', '--rate', '1000', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    expect(output).toMatch(/[1-9]\d* acknowledged/);
    expect(output).toContain('0 lost, 0 duplicate, 0 moved, 0 disorder, 0 phantom');
    expect(output).toContain('ESRCH');
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);
