import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NodeId } from '@moldau/base';

/** What a running node says about itself in `node.json` in its directory; gone after a clean stop. */
export interface NodeInfo {
  readonly role: 'broker' | 'controller' | 'combined';
  readonly id: NodeId;
  readonly pid: number;
  /** `host:port` that clients and peers dial; of a combined node the broker's. */
  readonly grpc: string;
  /** `host:port` that Kafka clients dial; absent when it does not listen for them. */
  readonly kafka?: string;
  readonly admin: string;
  /** Unix time in ms. */
  readonly startedAt: number;
}

const NODE_FILE = 'node.json';

/** Written whole or not at all: a reader sees the old file, no file, or this one. */
export async function writeNodeInfo(directory: string, info: NodeInfo): Promise<void> {
  const file = path.join(directory, NODE_FILE);
  const temporary = `${file}.${info.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(info, undefined, 2)}\n`);
  await rename(temporary, file);
}

export async function removeNodeInfo(directory: string): Promise<void> {
  await rm(path.join(directory, NODE_FILE), { force: true });
}

/** The node that runs, or ran until it was killed, in this directory; undefined when none does. */
export async function readNodeInfo(directory: string): Promise<NodeInfo | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, NODE_FILE), 'utf8')) as NodeInfo;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
