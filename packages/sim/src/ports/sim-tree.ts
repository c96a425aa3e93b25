/**
 * Names on a simulated disk. Each directory holds its entries twice, as processes see them and as a loss of power would
 * leave them; changes of names wait in between, in order, until each directory that they concern has been synced.
 * A loss of power keeps a prefix of what waits.
 *
 * A change that concerns two directories (a rename across) may become durable after a later change of the same name in
 * one of them; `durableAs` remembers the latest, so that the older one does not undo it.
 */
import { DiskError, type DiskErrorCode } from '@moldau/base';
import { FileImage, keepProbability } from './sim-file-image.ts';
import type { SimRandom } from './sim-random.ts';

/** Something else that lives in a directory and has its own idea of a loss of power (a key-value store). */
export interface TreeAttachment {
  readonly sizeBytes: number;
  losePower(random: SimRandom): void;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  seen: Map<string, TreeNode>;
  readonly durable: Map<string, TreeNode>;
  readonly durableAs: Map<string, number>;
  attachment: TreeAttachment | undefined;
}

export interface FileNode {
  readonly kind: 'file';
  readonly image: FileImage;
}

export type TreeNode = DirectoryNode | FileNode;

interface NameChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly node: TreeNode | undefined;
}

interface NameOperation {
  readonly sequence: number;
  readonly changes: readonly NameChange[];
  readonly awaiting: Set<DirectoryNode>;
}

export class Tree {
  #root = emptyDirectory();
  #pending: NameOperation[] = [];
  #sequence = 0;

  find(path: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const name of names(path)) {
      if (node?.kind !== 'directory') return undefined;
      node = node.seen.get(name);
    }
    return node;
  }

  /** @throws DiskError ENOENT, or EOTHER when it is a file */
  directory(path: string): DirectoryNode {
    const node = this.find(path);
    if (node === undefined) throw treeError('ENOENT', path, 'no such directory');
    if (node.kind !== 'directory') throw treeError('EOTHER', path, 'not a directory');
    return node;
  }

  createFile(path: string): FileNode {
    const file: FileNode = { kind: 'file', image: new FileImage() };
    this.#change([{ ...this.#place(path), node: file }]);
    return file;
  }

  /** With missing parents; each name is durable at once. */
  makeDirectory(path: string): DirectoryNode {
    let directory = this.#root;
    for (const name of names(path)) {
      let child = directory.seen.get(name);
      if (child === undefined) {
        child = emptyDirectory();
        this.#change([{ directory, name, node: child }]);
      }
      if (child.kind !== 'directory') throw treeError('EEXIST', path, 'a file stands in the way');
      this.#sync(directory);
      directory = child;
    }
    return directory;
  }

  rename(source: string, target: string): void {
    const node = this.find(source);
    if (node === undefined) throw treeError('ENOENT', source, 'nothing to rename');
    const to = this.#place(target);
    const inTheWay = to.directory.seen.get(to.name);
    if (inTheWay !== undefined && (inTheWay.kind === 'directory' || node.kind === 'directory')) {
      throw treeError('EEXIST', target, 'only a file may replace only a file');
    }
    const from = this.#place(source);
    this.#change([
      { ...from, node: undefined },
      { ...to, node },
    ]);
  }

  removeFile(path: string): void {
    const node = this.find(path);
    if (node === undefined) throw treeError('ENOENT', path, 'no such file');
    if (node.kind !== 'file') throw treeError('EOTHER', path, 'not a file');
    this.#change([{ ...this.#place(path), node: undefined }]);
  }

  removeDirectory(path: string): void {
    const directory = this.directory(path);
    this.#empty(directory);
    this.#change([{ ...this.#place(path), node: undefined }]);
  }

  syncDirectory(path: string): void {
    this.#sync(this.directory(path));
  }

  losePower(random: SimRandom): void {
    const keep = keepProbability(random);
    for (const operation of this.#pending) {
      if (!random.chance(keep)) break;
      makeDurable(operation);
    }
    this.#pending = [];
    const reached = new Set<TreeNode>();
    for (const [, node] of walk(this.#root, '', (directory) => directory.durable)) reached.add(node);
    reached.add(this.#root);
    for (const node of reached) {
      if (node.kind === 'file') {
        node.image.losePower(random);
      } else {
        node.seen = new Map(node.durable);
        node.attachment?.losePower(random);
      }
    }
  }

  wipe(): void {
    this.#root = emptyDirectory();
    this.#pending = [];
  }

  /** All that is there, parents first. */
  entries(): Iterable<readonly [string, TreeNode]> {
    return walk(this.#root, '', (directory) => directory.seen);
  }

  #place(path: string): { directory: DirectoryNode; name: string } {
    const all = names(path);
    const name = all.pop();
    if (name === undefined) throw treeError('EOTHER', path, 'the root has no name');
    return { directory: this.directory(all.join('/')), name };
  }

  #empty(directory: DirectoryNode): void {
    for (const [name, node] of directory.seen) {
      if (node.kind === 'directory') this.#empty(node);
      this.#change([{ directory, name, node: undefined }]);
    }
  }

  #change(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node === undefined) directory.seen.delete(name);
      else directory.seen.set(name, node);
    }
    const awaiting = new Set(changes.map(({ directory }) => directory));
    this.#pending.push({ sequence: this.#sequence++, changes, awaiting });
  }

  #sync(directory: DirectoryNode): void {
    this.#pending = this.#pending.filter((operation) => {
      operation.awaiting.delete(directory);
      if (operation.awaiting.size > 0) return true;
      makeDurable(operation);
      return false;
    });
  }
}

function makeDurable(operation: NameOperation): void {
  for (const { directory, name, node } of operation.changes) {
    if ((directory.durableAs.get(name) ?? -1) > operation.sequence) continue;
    directory.durableAs.set(name, operation.sequence);
    if (node === undefined) directory.durable.delete(name);
    else directory.durable.set(name, node);
  }
}

function emptyDirectory(): DirectoryNode {
  return { kind: 'directory', seen: new Map(), durable: new Map(), durableAs: new Map(), attachment: undefined };
}

function names(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function* walk(
  directory: DirectoryNode,
  path: string,
  entriesOf: (directory: DirectoryNode) => Map<string, TreeNode>,
): Iterable<readonly [string, TreeNode]> {
  for (const [name, node] of entriesOf(directory)) {
    yield [`${path}/${name}`, node];
    if (node.kind === 'directory') yield* walk(node, `${path}/${name}`, entriesOf);
  }
}

function treeError(code: DiskErrorCode, path: string, message: string): DiskError {
  return new DiskError(code, path, message);
}
