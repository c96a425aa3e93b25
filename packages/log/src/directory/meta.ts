import {
  ByteReader,
  ByteWriter,
  type ClusterId,
  type DirectoryId,
  type NodeId,
  type Random,
  randomUuid,
  uuidFromBytes,
  uuidToBytes,
} from '@moldau/base';
import { type FilePorts, readCheckedFile, replaceCheckedFile } from '../checked-file.ts';
import type { UnreportedVerdict } from './verdict.ts';

/** Whose directory this is: a checked file of 16 bytes cluster id, i32 node id, 16 bytes directory id. */
export interface DirectoryMeta {
  readonly clusterId: ClusterId;
  readonly nodeId: NodeId;
  readonly directoryId: DirectoryId;
}

const META_FILE_NAME = 'meta';

/** The directory cannot be opened as it is; the message says what to do. */
export class DirectoryRefusedError extends Error {
  override readonly name = 'DirectoryRefusedError';
}

/**
 * Reads the directory's meta file, or writes one into an empty directory.
 *
 * @throws DirectoryRefusedError for another cluster's or node's directory, one whose meta file is damaged, and one that holds
 *   logs and no meta file: what is in it belongs to somebody
 */
export async function openMeta(
  ports: FilePorts & { readonly random: Random },
  path: string,
  owner: Omit<DirectoryMeta, 'directoryId'>,
  isEmpty: boolean,
  unreported: UnreportedVerdict,
): Promise<DirectoryMeta & { readonly isNew: boolean }> {
  const file = await readCheckedFile(ports, `${path}/${META_FILE_NAME}`, 'meta');
  if (file.kind === 'invalid') {
    throw new DirectoryRefusedError(`${path}/${META_FILE_NAME}: ${file.fault}. Restore it, or move ${path} away`);
  }
  if (file.kind === 'missing') {
    if (!isEmpty) {
      const advice = 'Restore the file, or point the node at an empty directory';
      throw new DirectoryRefusedError(`${path} holds logs and no ${META_FILE_NAME} file. ${advice}`);
    }
    const meta = { ...owner, directoryId: randomUuid(ports.random) };
    // Before the directory has a name: a start that finds one takes it for what it was in the last run.
    await unreported.leave('new');
    await replaceCheckedFile(ports, { directory: path, name: META_FILE_NAME }, 'meta', encodeMeta(meta));
    return { ...meta, isNew: true };
  }
  const meta = decodeMeta(file.payload);
  if (meta.clusterId !== owner.clusterId) {
    const advice = `this node's is ${owner.clusterId}: point it at its own directory`;
    throw new DirectoryRefusedError(`${path} belongs to cluster ${meta.clusterId}, ${advice}`);
  }
  if (meta.nodeId !== owner.nodeId) {
    throw new DirectoryRefusedError(`${path} belongs to node ${meta.nodeId}, this is node ${owner.nodeId}`);
  }
  return { ...meta, isNew: false };
}

function encodeMeta(meta: DirectoryMeta): Uint8Array {
  const writer = new ByteWriter(36).bytes(uuidToBytes(meta.clusterId)).int32(meta.nodeId);
  return writer.bytes(uuidToBytes(meta.directoryId)).finish();
}

function decodeMeta(payload: Uint8Array): DirectoryMeta {
  const reader = new ByteReader(payload);
  return {
    clusterId: uuidFromBytes(reader.bytes(16)),
    nodeId: reader.int32(),
    directoryId: uuidFromBytes(reader.bytes(16)),
  };
}
