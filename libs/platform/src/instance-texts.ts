import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from './logger.js';

export const textNames = ['about', 'terms', 'privacy', 'rules'] as const;
export type TextName = (typeof textNames)[number];

/** A text of the operator in Markdown, in each of its languages. */
export interface InstanceText {
  /** The `version:` of its first lines, else the beginning of its hash: the same on every machine, which a file's date is not. */
  version: string;
  /** Of the file whose name has no language; `language:` of its first lines, else English. */
  language: string;
  /** By language; that one is among them. */
  markdown: ReadonlyMap<string, string>;
}

export type InstanceTextSet = Readonly<Partial<Record<TextName, InstanceText>>>;

/** The largest file that is read: some 40 pages. */
const MOST_BYTES = 256 * 1024;
/** Files are looked at when somebody asks, at most this often, in milliseconds. */
const LOOK_AFTER = 1_000;
const VERSION = 12;

const fileName = /^(about|terms|privacy|rules)(?:\.([a-z]{2,3}))?\.md$/;

interface File {
  name: TextName;
  language: string | null;
  text: string;
}

/** `---`, lines of `name: value`, `---`; then the Markdown. */
function split(text: string): { facts: ReadonlyMap<string, string>; markdown: string } {
  const [whole, head = ''] = /^---\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [''];
  const facts = head.split(/\r?\n/).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return { facts: new Map(facts), markdown: text.slice(whole.length) };
}

function textOf(main: File, translations: readonly File[]): InstanceText {
  const { facts, markdown } = split(main.text);
  const language = /^[a-z]{2,3}$/.exec(facts.get('language') ?? '')?.[0] ?? 'en';
  const stated = (facts.get('version') ?? '').slice(0, 40);
  const others = translations.map((file): [string, string] => [
    file.language ?? '',
    split(file.text).markdown,
  ]);
  return {
    version: stated || createHash('sha256').update(main.text).digest('hex').slice(0, VERSION),
    language,
    markdown: new Map([...others, [language, markdown]]),
  };
}

function setOf(files: readonly File[]): InstanceTextSet {
  const texts = textNames.flatMap((name): [TextName, InstanceText][] => {
    const own = files.filter((file) => file.name === name);
    const main = own.find(({ language }) => language === null);
    // A translation alone is no text: which version is accepted is said by the main file.
    return main
      ? [
          [
            name,
            textOf(
              main,
              own.filter((file) => file !== main),
            ),
          ],
        ]
      : [];
  });
  return Object.fromEntries(texts);
}

/** The operator's texts, read anew when their files change: no restart, and the same version for all apis with the same files. */
export class InstanceTexts {
  private set: InstanceTextSet = {};
  private state = '';
  private lookedAt = -Infinity;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly folder: string,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  async current(): Promise<InstanceTextSet> {
    if (performance.now() - this.lookedAt > LOOK_AFTER) {
      this.looking ??= this.look().finally(() => (this.looking = null));
      await this.looking;
    }
    return this.set;
  }

  async version(name: TextName): Promise<string | null> {
    return (await this.current())[name]?.version ?? null;
  }

  /** Texts that cannot be read just now stay as they were: terms do not vanish while somebody replaces a disk. */
  private async look(): Promise<void> {
    try {
      const names = (await this.list()).filter((name) => fileName.test(name)).slice(0, 100);
      const files = await Promise.all(
        names.map(async (name) => ({ name, facts: await stat(join(this.folder, name)) })),
      );
      const state = JSON.stringify(
        files.map(({ name, facts }) => [name, facts.mtimeMs, facts.size, facts.ino]),
      );
      if (state !== this.state) {
        this.set = setOf(await Promise.all(files.map(({ name, facts }) => this.read(name, facts.size))));
        this.state = state;
      }
    } catch (error) {
      this.logger.warn({ err: error, folder: this.folder }, 'the texts of PAGES_DIR could not be read');
    }
    this.lookedAt = performance.now();
  }

  private async list(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).toSorted();
    } catch (error) {
      // An instance without texts has no such folder.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  private async read(file: string, bytes: number): Promise<File> {
    const [, name, language = null] = fileName.exec(file) ?? [];
    if (bytes > MOST_BYTES)
      throw new Error(`expected at most ${MOST_BYTES} bytes in ${file} but found ${bytes}`);
    return { name: name as TextName, language, text: await readFile(join(this.folder, file), 'utf8') };
  }
}
