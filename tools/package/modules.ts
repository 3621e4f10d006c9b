import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../dev/install.mjs';

interface Entry {
  dev?: boolean;
  link?: boolean;
}

/** Files that nothing reads at run time: types, maps, documentation, and builds for a browser or another C library. */
const unused = [
  /\.d\.[cm]?ts$/,
  /\.map$/,
  /\.(md|markdown|flow|tsbuildinfo|sh)$/i,
  // Only beside package.json: deeper, folders of these names hold programs (yaml's `doc`, for one).
  /^node_modules\/(@[^/]+\/)?[^/]+\/(docs|examples?|tests?|integration|benchmarks?)\//,
  // Files for editors, linters and publishing: .npmignore, .eslintrc, .github/ and the like.
  /\/\.[^/]+(\/|$)/,
  /^node_modules\/typeorm\/browser\//,
  /^node_modules\/rxjs\/(src|dist\/(esm|esm5|bundles|types))\//,
  /musl/,
];

/** Licences are always kept. */
const kept = /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i;

const isUsed = (path: string): boolean =>
  !path.startsWith('node_modules/') || kept.test(path) || !unused.some((pattern) => pattern.test(path));

/**
 * Narwhal's production packages, as paths relative to the root, from the lock file: the installed packages were tested, so
 * the Debian package is made from them rather than from a second installation.
 */
export function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => path !== '' && !dev && !link && existsSync(join(root, path)))
    .map(([path]) => path)
    .sort();
}

/** Every file of a folder as a path within it, without those of nested packages. */
function* filesOf(folder: string, within = ''): Generator<string> {
  for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
    const path = join(within, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesOf(folder, path);
    else if (entry.isFile()) yield path;
  }
}

/** Links rather than copies where disk and mode allow it: they are read once, into the package. */
export function place(source: string, target: string, mode = 0o644): void {
  mkdirSync(dirname(target), { recursive: true });
  try {
    if ((statSync(source).mode & 0o777) !== mode) throw new Error('the checkout keeps its own mode');
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
    chmodSync(target, mode);
  }
}

/** Puts every file of `folder` that Narwhal needs at run time under `target`. */
export function placeFolder(folder: string, target: string): void {
  for (const file of filesOf(folder)) {
    if (isUsed(join(folder, file).slice(root.length + 1))) place(join(folder, file), join(target, file));
  }
}
