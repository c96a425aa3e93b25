import {
  ByteReader,
  ByteWriter,
  type Checksum,
  type Disk,
  type DiskLane,
  isMissing,
  MalformedBytesError,
} from '@moldau/base';

/**
 * Small files that are written whole and believed only when they are whole.
 *
 *      0  u32  magic "MOLD"
 *      4  u8   kind, one per use
 *      5  u8   version of the payload's layout
 *      6  u16  zero
 *      8  u32  length of the payload
 *     12  u32  CRC-32C of [0, 12) and the payload
 *     16       payload
 */
const MAGIC = 0x4d4f4c44;
const HEADER_BYTES = 16;
const CRC_AT = 12;

/** Code of each kind, and version of its payload. */
const CHECKED_FILE_KINDS = {
  meta: { code: 1, version: 1 },
  /** 2: segments have two times instead of their first batch's timestamp. 3: epochs. */
  checkpoint: { code: 2, version: 3 },
  clean: { code: 3, version: 1 },
  damaged: { code: 4, version: 1 },
  /** 2: without epochs, with the highest producer id that was forgotten. */
  state: { code: 5, version: 2 },
  unreported: { code: 6, version: 1 },
} as const;
export type CheckedFileKind = keyof typeof CHECKED_FILE_KINDS;

export interface FilePorts {
  readonly disk: Disk;
  readonly checksum: Checksum;
}

export type CheckedFile =
  | { readonly kind: 'missing' }
  /** There are bytes, and they are not what was written. */
  | { readonly kind: 'invalid'; readonly fault: string }
  | { readonly kind: 'valid'; readonly payload: Uint8Array };

export async function readCheckedFile(ports: FilePorts, path: string, kind: CheckedFileKind): Promise<CheckedFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(ports.disk, path, 'journal');
  } catch (error) {
    if (isMissing(error)) return { kind: 'missing' };
    throw error;
  }
  try {
    return { kind: 'valid', payload: decode(bytes, kind, ports.checksum) };
  } catch (error) {
    if (error instanceof MalformedBytesError) return { kind: 'invalid', fault: error.message };
    throw error;
  }
}

/**
 * Puts the file in place of what stands there: the old one or the new one is read after a crash, never a mixture. Durable
 * when resolved.
 */
export async function replaceCheckedFile(
  ports: FilePorts,
  target: { readonly directory: string; readonly name: string },
  kind: CheckedFileKind,
  payload: Uint8Array,
): Promise<void> {
  const path = `${target.directory}/${target.name}`;
  await writeCheckedFile(ports, `${path}.new`, kind, payload);
  await ports.disk.rename(`${path}.new`, path);
  await ports.disk.syncDirectory(target.directory);
}

/** Writes and syncs the file in place; its name is durable only after the directory is synced. */
export async function writeCheckedFile(
  ports: FilePorts,
  path: string,
  kind: CheckedFileKind,
  payload: Uint8Array,
): Promise<void> {
  const file = await ports.disk.open(path, { lane: 'checkpoint', mode: 'createOrOpen' });
  try {
    await file.truncate(0);
    await file.write(0, [encodeHeader(kind, payload, ports.checksum), payload]);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function readFile(disk: Disk, path: string, lane: DiskLane): Promise<Uint8Array> {
  const file = await disk.open(path, { lane, mode: 'existing' });
  try {
    const bytes = new Uint8Array(await file.size());
    return bytes.subarray(0, await file.read(0, bytes));
  } finally {
    await file.close();
  }
}

function encodeHeader(kind: CheckedFileKind, payload: Uint8Array, checksum: Checksum): Uint8Array {
  const { code, version } = CHECKED_FILE_KINDS[kind];
  const writer = new ByteWriter(HEADER_BYTES).uint32(MAGIC).int8(code).int8(version).int16(0);
  writer.uint32(payload.length).uint32(0);
  const header = writer.finish();
  const crc = checksum.crc32c(payload, checksum.crc32c(header.subarray(0, CRC_AT)));
  new DataView(header.buffer, header.byteOffset, HEADER_BYTES).setUint32(CRC_AT, crc);
  return header;
}

function decode(bytes: Uint8Array, kind: CheckedFileKind, checksum: Checksum): Uint8Array {
  const reader = new ByteReader(bytes);
  const magic = reader.uint32();
  const [code, version] = [reader.int8(), reader.int8()];
  reader.int16();
  const length = reader.uint32();
  const crc = reader.uint32();
  const payload = reader.bytes(length);
  const known = CHECKED_FILE_KINDS[kind];
  if (magic !== MAGIC || code !== known.code) throw new MalformedBytesError(`this is no ${kind} file`);
  if (version !== known.version)
    throw new MalformedBytesError(`version ${version} of a ${kind} file; this program knows ${known.version}`);
  if (reader.remaining > 0) throw new MalformedBytesError(`${reader.remaining} bytes follow a ${kind} file`);
  if (crc !== checksum.crc32c(payload, checksum.crc32c(bytes.subarray(0, CRC_AT)))) {
    throw new MalformedBytesError(`the checksum of a ${kind} file is wrong`);
  }
  return payload;
}
