import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with these files (path -> content), gone when it is disposed of. */
export class MadeUpTree implements Disposable {
  readonly root: string = mkdtempSync(path.join(tmpdir(), 'moldau-tree-'));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [file, content] of Object.entries(files)) this.write(file, content);
  }

  write(file: string, content: string): void {
    const target = path.join(this.root, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
