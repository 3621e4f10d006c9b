// `bundle-libraries.ts DIST`: puts the libraries of the programs in DIST into a few files there, and lets the programs import those.
// A process's start is mostly finding, reading and compiling the 1,600 modules of these libraries.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'vite';
import { root } from './install.mjs';

/** All libraries of more than a few modules that every process loads. */
const LIBRARIES = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-fastify',
  '@nestjs/typeorm',
  'bullmq',
  'fastify',
  'ioredis',
  'pg',
  'rate-limiter-flexible',
  'typeorm',
  'zod',
  'zod-openapi',
];

/** One looks for files beside its own, the other must be one for everybody. */
const LEFT_OUT = ['pino', 'reflect-metadata'];

const nameOf = (library: string): string => library.replace('/', '-');

/** For each library, a module that exports what Node finds in it. */
const entries: Plugin = {
  name: 'entries',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith('entry:') ? `\0${id}` : undefined),
  async load(id) {
    // It requires a second typeorm at run time, to look for two classes that typeorm 1 no longer has.
    if (id.endsWith('/@nestjs/typeorm/dist/common/typeorm-compat.js'))
      return 'export const Connection = undefined, AbstractRepository = undefined;';
    if (!id.startsWith('\0entry:')) return undefined;
    const library = id.slice('\0entry:'.length);
    const found = Object.keys((await import(library)) as object);
    // Node adds this to CommonJS. A module that was compiled to CommonJS has no default of its own.
    const added = found.includes('__esModule')
      ? ['__esModule', 'module.exports', 'default']
      : ['module.exports'];
    return `export { ${found.filter((name) => !added.includes(name)).join(', ')} } from '${library}';`;
  },
};

const [, , dist = ''] = process.argv;
const folder = join(dist, 'libraries');
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  plugins: [entries],
  ssr: { noExternal: true, external: LEFT_OUT },
  build: {
    ssr: true,
    outDir: folder,
    target: 'esnext',
    rolldownOptions: {
      input: Object.fromEntries(LIBRARIES.map((library) => [nameOf(library), `entry:${library}`])),
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        keepNames: true,
        // Without comments and white space, but in the libraries' words.
        minify: { compress: false, mangle: false },
      },
    },
  },
});

const imports = new RegExp(
  String.raw`(?<=\bfrom |\bimport\(|^import )(["'])(${LIBRARIES.join('|')})\1`,
  'gm',
);
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.js') || name.startsWith('libraries/')) continue;
  const file = join(dist, name);
  const path = (library: string): string => relative(dirname(file), join(folder, `${nameOf(library)}.js`));
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(imports, (_, quote: string, library: string) => quote + path(library) + quote),
  );
}
