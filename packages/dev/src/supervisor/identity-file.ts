import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uuidFromBytes } from '@moldau/base';
import { type ClusterIdentity, type ClusterOptions, DevError, newIdentity } from './cluster-plan.ts';
import { findFreePorts } from './free-ports.ts';

const IDENTITY_FILE = 'cluster.json';

/**
 * The identity that the data directory holds; made at its first start and kept from then on, unless `check` refuses the
 * new one.
 */
export async function openIdentity(
  options: ClusterOptions,
  check: (made: ClusterIdentity) => Promise<void> = () => Promise.resolve(),
): Promise<ClusterIdentity> {
  const file = path.join(options.data, IDENTITY_FILE);
  const kept = readIdentity(file);
  if (kept) return kept;
  const identity = await newIdentity(uuidFromBytes(randomBytes(16)), options, findFreePorts);
  await check(identity);
  mkdirSync(options.data, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(identity, undefined, 2)}\n`);
  renameSync(temporary, file);
  return identity;
}

function readIdentity(file: string): ClusterIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as ClusterIdentity;
  } catch (error) {
    throw new DevError(`${file} is damaged. Start another cluster with --data DIR, or remove the directory`, {
      cause: error,
    });
  }
}
