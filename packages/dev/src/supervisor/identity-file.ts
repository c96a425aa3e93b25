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
  const found = parsed(text);
  if (isIdentity(found)) return found;
  throw new DevError(`${file} is damaged`, {
    hint: 'start another cluster with --data DIR, or remove the directory',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isIdentity(value: unknown): value is ClusterIdentity {
  if (!isFields(value) || typeof value['clusterId'] !== 'string') return false;
  const { brokers, controllers, grpcPorts, adminPorts } = value;
  return isCount(brokers) && isCount(controllers) && isPorts(grpcPorts) && isPorts(adminPorts);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isPorts(value: unknown): boolean {
  return (
    isFields(value) &&
    [value['brokers'], value['controllers']].every((list) => Array.isArray(list) && list.every(isCount))
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
