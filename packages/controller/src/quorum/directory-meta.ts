import {
  type ClusterId,
  crc32c,
  type DirectoryId,
  type Disk,
  isMissing,
  type NodeId,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
import { QuorumDirectoryError } from './quorum-directory-error.ts';

const VERSION = 2;
const FILE_NAME = 'meta.json';
const BYTES_MAX = 4096;

/** Whose directory this is. It is written when the log in it exists, so a log that is missing later was lost. */
export interface DirectoryMeta {
  readonly nodeId: NodeId;
  readonly directoryId: DirectoryId;
  /** Undefined until a quorum was founded or joined: before that the node has promised nothing to anybody. */
  readonly clusterId: ClusterId | undefined;
}

/** Undefined in a new directory. @throws QuorumDirectoryError, DiskError */
export async function readDirectoryMeta(disk: Disk, directory: string): Promise<DirectoryMeta | undefined> {
  const path = `${directory}/${FILE_NAME}`;
  const bytes = await readSmallFile(disk, path);
  return bytes === undefined ? undefined : parseMeta(path, bytes);
}

/**
 * Durable when it resolves. JSON, for whoever looks; with a checksum, since a bit that turns over in an id makes another
 * valid one: the node would be of a cluster that does not exist, and alone for ever.
 */
export async function writeDirectoryMeta(disk: Disk, directory: string, meta: DirectoryMeta): Promise<void> {
  const temporary = `${directory}/${FILE_NAME}.tmp`;
  const file = await disk.open(temporary, { lane: 'journal', mode: 'createOrOpen' });
  await file.truncate(0);
  const fields = { version: VERSION, ...meta, crc32c: checksum(meta) };
  await file.write(0, [utf8Encode(`${JSON.stringify(fields, undefined, 2)}\n`)]);
  await file.sync();
  await file.close();
  await disk.rename(temporary, `${directory}/${FILE_NAME}`);
  await disk.syncDirectory(directory);
}

async function readSmallFile(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(path, { lane: 'journal', mode: 'existing' });
    const bytes = new Uint8Array(Math.min(await file.size(), BYTES_MAX));
    await file.read(0, bytes);
    await file.close();
    return bytes;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function parseMeta(path: string, bytes: Uint8Array): DirectoryMeta {
  const fields = new Map<string, unknown>(Object.entries(parseObject(path, bytes)));
  const version = fields.get('version');
  const nodeId = fields.get('nodeId');
  const directoryId = fields.get('directoryId');
  const clusterId = fields.get('clusterId');
  if (version !== VERSION) {
    throw new QuorumDirectoryError(
      `${path} has version ${String(version)}, this program reads ${VERSION}: use the program that wrote it`,
    );
  }
  if (
    typeof nodeId !== 'number' ||
    typeof directoryId !== 'string' ||
    (clusterId !== undefined && typeof clusterId !== 'string')
  ) {
    throw damaged(path);
  }
  const meta = { nodeId, directoryId, clusterId };
  if (fields.get('crc32c') !== checksum(meta)) throw damaged(path);
  return meta;
}

/** Of the values, so that an editor may change how they are laid out. */
function checksum({ nodeId, directoryId, clusterId }: DirectoryMeta): string {
  return crc32c(utf8Encode(JSON.stringify([nodeId, directoryId, clusterId ?? '']))).toString(16);
}

function parseObject(path: string, bytes: Uint8Array): object {
  try {
    const parsed: unknown = JSON.parse(utf8Decode(bytes));
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path);
}

function damaged(path: string, cause?: unknown): QuorumDirectoryError {
  return new QuorumDirectoryError(
    `${path} is damaged. Remove the node's quorum directory, so that it joins anew as another replica, then replace its voter.`,
    { cause },
  );
}
