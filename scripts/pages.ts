/** What a page of Markdown claims about the checkout, as far as a program can tell. */
import path from 'node:path';

/** Files of the checkout, relative to its root, for a look at whether what a page names is there. */
export class Checkout {
  readonly #paths: readonly string[];

  constructor(files: readonly string[]) {
    const folders = files.flatMap((file) => file.split('/').map((_, depth, all) => all.slice(0, depth).join('/')));
    this.#paths = [...new Set([...folders, ...files])];
  }

  has(wanted: string): boolean {
    return this.#paths.includes(wanted);
  }

  /** Whether some file or folder below `folder` has a path that ends so; `*` stands for what is between two slashes. */
  hasEnd(end: string, folder: string): boolean {
    const pattern = RegExp(`(^|/)${end.replaceAll(/[.+]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
    return this.#paths.some((one) => one.startsWith(folder) && pattern.test(one));
  }
}

/** What is wrong with a page: its title, a link that leads nowhere, a source file or folder that is not there. */
export function checkPage(file: string, text: string, checkout: Checkout): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...checkTitle(file, text, prose), ...checkLinks(file, prose, checkout), ...checkPaths(file, prose, checkout)];
}

function checkTitle(file: string, text: string, prose: string): string[] {
  const titles = prose.match(/^# .+$/gm) ?? [];
  if (titles.length !== 1 || !text.startsWith('# ')) {
    return [`has ${titles.length} lines "# Title": one, and on the first line`];
  }
  const [, number] = /^docs\/decisions\/0*(\d+)-/.exec(file) ?? [];
  if (number === undefined || text.startsWith(`# ${number}. `)) return [];
  return [`is decision ${number}: its title begins "# ${number}. "`];
}

function checkLinks(file: string, prose: string, checkout: Checkout): string[] {
  return [...prose.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !checkout.has(path.posix.join(file, '..', link).replace(/\/$/, '')))
    .map((link) => `links to ${link}, which is not there`);
}

/** `src/x/` and `x/y.ts`: in a package's README the package's own when they begin with src or test. */
function checkPaths(file: string, prose: string, checkout: Checkout): string[] {
  const [own = ''] = /^packages\/[^/]+\//.exec(file) ?? [];
  return (
    [...prose.matchAll(/`((?:[\w.*-]+\/)+(?:[\w.*-]+\.(?:ts|mjs|md|proto|txt))?)`/g)]
      .map(([, named = '']) => named)
      // One folder alone may be one that a running node makes; `NN-name.ts` stands for many.
      .filter((named) => /\/./.test(named) && !named.includes('NN'))
      .filter((named) => !checkout.hasEnd(named.replace(/\/$/, ''), /^(src|test)\//.test(named) ? own : ''))
      .map((named) => `names ${named}, which is not there`)
  );
}
