/**
 * Bits of files turn over: of segments, of what is told about them, of journals, snapshots and small files.
 *
 * One place is left alone: the last file of frames (a broker's journal, a controller's log). Its last frames are named by
 * none that follows, so that damage there cannot be told from a write that a loss of power tore: it is cut, silently, and
 * what was acknowledged is gone from this disk. Nothing that was ever acknowledged may be lost by construction.
 */
import type { NodeId } from '@moldau/base';
import type { SimDisk } from '../ports/sim-disk.ts';
import type { Machine } from '../world/machine.ts';
import { BROKER_LOG_DIRECTORY, CONTROLLER_DIRECTORY } from '../world/nodes.ts';
import { type Fault, pick } from './fault.ts';

const SEGMENT = /\.log$/;
/** By their names: each kind is hit as often as the others, however many there are of it. */
const KINDS: readonly RegExp[] = [
  SEGMENT,
  /\.index$/,
  /\.state$/,
  /\.frames$/,
  /\.snapshot$/,
  /\/(checkpoint|meta|clean|damaged|meta\.json)$/,
];
const FRAMES = /\.frames$/;
/** A file of frames that is larger holds at least one. */
const FRAMES_HEADER_BYTES_MAX = 64;

export const bitRot: Fault = {
  kind: 'bit-rot',
  strike({ world, random, budget }) {
    const victim = pick<readonly [NodeId, Machine<unknown>]>(random, [...world.brokers, ...world.controllers]);
    if (victim === undefined) return;
    const [nodeId, machine] = victim;
    const isBroker = world.brokers.has(nodeId);
    const files = rottingFiles(machine.disk, isBroker ? BROKER_LOG_DIRECTORY : CONTROLLER_DIRECTORY);
    const kinds = KINDS.map((kind) => files.filter(({ path }) => kind.test(path))).filter(({ length }) => length > 0);
    const file = pick(random, pick(random, kinds) ?? []);
    if (file === undefined) return;
    if (!(isBroker ? budget.takeBroker(nodeId, true) : budget.takeController(nodeId, true))) return;
    if (SEGMENT.test(file.path)) machine.rottenPaths.add(file.path);
    const position = Math.floor(random.between(0, file.size));
    const bit = Math.floor(random.between(0, 8));
    world.ring.add(machine.host, 'info', 'a bit turns over', { path: file.path, position, bit });
    machine.disk.flipBit(file.path, position, bit);
  },
};

interface File {
  readonly path: string;
  readonly size: number;
}

function rottingFiles(disk: SimDisk, directory: string): File[] {
  const files = disk.files().filter(({ path, size }) => path.startsWith(directory) && size > 0);
  return files.filter((file) => !FRAMES.test(file.path) || isFollowed(file, files));
}

/** Frames stand in a later file, so that its name is durable, and says that all of this one was. */
function isFollowed({ path }: File, files: readonly File[]): boolean {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return files.some(
    (other) =>
      other.path.startsWith(folder) &&
      FRAMES.test(other.path) &&
      other.path > path &&
      other.size > FRAMES_HEADER_BYTES_MAX,
  );
}
