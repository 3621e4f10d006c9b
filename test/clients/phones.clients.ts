import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from '../../tools/dev/system-packages.js';
import { sharedStack } from '../harness/shared-stack.js';

/** npm's newest jar of openapi-generator, 4.3.1 of 2020: it reads OpenAPI 3.0 alone, as the oldest apps' builds do. */
const jar = join(
  import.meta.dirname,
  'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar',
);
const java = findProgram('java') ?? '';

/** Half a gigabyte, so only where it is: `apt-get install kotlin libokhttp-java libgoogle-gson-java` has all of it. */
const kotlinc = findProgram('kotlinc') ?? '';
const jars = ['okhttp', 'okio', 'gson'].map((name) => `/usr/share/java/${name}.jar`);
const compiles = java && kotlinc && jars.every((file) => existsSync(file));

/** This jar annotates interfaces as if they were classes, and an interface is what it makes of a discriminator. */
const unions = /\/(SearchList|StreamEvent)\.kt:/;

const folder = mkdtempSync(join(tmpdir(), 'narwhal-phones-'));
const contract = join(folder, 'openapi-3.0.json');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const { url } = await sharedStack();
  writeFileSync(contract, await (await fetch(`${url}/openapi-3.0.json`)).text());
});

function run(program: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64e6,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return status === 0 ? '' : stdout + stderr;
}

/** Makes a client and returns its source files' paths, by name. */
function made(language: string, ending: string, ...options: string[]): Map<string, string> {
  const into = join(folder, language);
  const said = run(java, ['-jar', jar, 'generate', '-i', contract, '-g', language, '-o', into, ...options]);
  if (said) throw new Error(said.slice(-6_000));
  const files = readdirSync(into, { recursive: true, withFileTypes: true });
  const sources = files.filter(
    ({ name, parentPath }) => name.endsWith(ending) && !parentPath.slice(into.length).includes('test'),
  );
  return new Map(sources.map(({ name, parentPath }) => [name, join(parentPath, name)]));
}

/** Properties of the contract's schemas that a client's models lack, as `Post.caption`. */
function missing(
  models: Map<string, string>,
  ending: string,
  declared: (property: string) => RegExp,
): string[] {
  const { components } = JSON.parse(readFileSync(contract, 'utf8')) as {
    components: { schemas: Record<string, { properties?: object }> };
  };
  return Object.entries(components.schemas).flatMap(([name, { properties = {} }]) => {
    const file = models.get(`${name}${ending}`);
    const model = file ? readFileSync(file, 'utf8') : '';
    return Object.keys(properties)
      .filter((property) => !declared(property).test(model))
      .map((property) => `${name}.${property}`);
  });
}

let swift: Map<string, string>;
let kotlin: Map<string, string>;
beforeAll(() => {
  if (!java) return;
  swift = made('swift5', '.swift');
  kotlin = made('kotlin', '.kt', '--library', 'jvm-okhttp3', '-p', 'serializationLibrary=gson');
});

test.skipIf(!java)('Swift has every property of the contract', () => {
  expect(missing(swift, '.swift', (name) => new RegExp(`public var \`?_?${name}\`?: `))).toEqual([]);
});

test.skipIf(!java)('Kotlin has every property of the contract', () => {
  expect(missing(kotlin, '.kt', (name) => new RegExp(`val \`?_?${name}\`?: `))).toEqual([]);
});

test.skipIf(!compiles)('what Kotlin has compiles', () => {
  const options = ['-J-Xmx1g', '-nowarn', '-cp', jars.join(':'), '-d', join(folder, 'compiled')];
  const said = run(kotlinc, [...options, ...kotlin.values()]);
  const faults = said.split('\n').filter((line) => line.includes('error:') && !unions.test(line));
  expect(faults).toEqual([]);
  // It failed of something else than the source, such as memory.
  if (!said.includes('error:')) expect(said).toBe('');
});
