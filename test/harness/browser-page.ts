import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { browser } from '../clients/browser.js';
import { patient } from './pace.js';

interface Said {
  id?: number;
  method?: string;
  result?: object;
  error?: { message: string };
}
interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { text?: string; exception?: { description?: string } };
}

/** Headless Chromium on one page, spoken to by the DevTools protocol. */
export class BrowserPage {
  private readonly answers = new Map<number, (said: Said) => void>();
  private loads = 0;
  private count = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: WebSocket,
    private readonly profile: string,
  ) {
    socket.addEventListener('message', ({ data }) => {
      const said = JSON.parse(String(data)) as Said;
      if (said.method === 'Page.loadEventFired') this.loads += 1;
      if (said.id !== undefined) this.answers.get(said.id)?.(said);
    });
  }

  static async open(url = 'about:blank'): Promise<BrowserPage> {
    const profile = mkdtempSync(join(tmpdir(), 'narwhal-browser-'));
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--lang=en',
      '--remote-debugging-port=0',
    ];
    const child = spawn(browser ?? '', [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore' });
    const socket = new WebSocket(await targetOf(profile, url));
    await new Promise((settle, fail) => {
      socket.addEventListener('open', settle);
      socket.addEventListener('error', fail);
    });
    const opened = new BrowserPage(child, socket, profile);
    await opened.ask('Page.enable');
    return opened;
  }

  async goto(url: string): Promise<void> {
    await this.loaded(async () => {
      const { errorText } = (await this.ask('Page.navigate', { url })) as { errorText?: string };
      if (errorText) throw new Error(`${url}: ${errorText}`);
    });
  }

  /** Fills a form's fields by their names, and presses its button. */
  async submit(fields: Record<string, string> = {}): Promise<void> {
    const fill = Object.entries(fields).map(
      ([name, value]) => `document.querySelector('[name="${name}"]').value = ${JSON.stringify(value)};`,
    );
    await this.loaded(() =>
      this.evaluate(`${fill.join('')} document.querySelector('button[type=submit]').click()`),
    );
  }

  /** Follows the first link whose address has this in it. */
  async follow(part: string): Promise<void> {
    await this.loaded(() => this.evaluate(`document.querySelector('a[href*="${part}"]').click()`));
  }

  async text(): Promise<string> {
    return (await this.evaluate('document.body.innerText')) as string;
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })) as Evaluated;
    if (exceptionDetails)
      throw new Error(
        exceptionDetails.exception?.description ?? exceptionDetails.text ?? 'the script failed',
      );
    return result.value;
  }

  async look(width: number, scheme: 'light' | 'dark'): Promise<void> {
    const size = { width, height: 640, deviceScaleFactor: 1, mobile: width < 600 };
    await this.ask('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.ask('Emulation.setEmulatedMedia', { features });
  }

  /** A PNG of the page, down to where its content ends. */
  async picture(): Promise<Buffer> {
    const [width, height] = (await this.evaluate(
      '[innerWidth, Math.ceil(document.body.getBoundingClientRect().bottom)]',
    )) as [number, number];
    const clip = { x: 0, y: 0, width, height, scale: 1 };
    const { data } = (await this.ask('Page.captureScreenshot', { clip, captureBeyondViewport: true })) as {
      data: string;
    };
    return Buffer.from(data, 'base64');
  }

  async ask(method: string, params: object = {}): Promise<object> {
    const id = (this.count += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await new Promise<Said>((settle) => this.answers.set(id, settle));
    this.answers.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  close(): void {
    this.socket.close();
    this.child.kill('SIGKILL');
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async loaded(act: () => Promise<unknown>): Promise<void> {
    const before = this.loads;
    await act();
    for (const end = Date.now() + patient(20_000); this.loads === before; await sleep(20))
      if (Date.now() > end) throw new Error('expected the page to load within 20 s');
  }
}

/** Where the page is spoken to, once the browser says it in its profile. */
async function targetOf(profile: string, page: string): Promise<string> {
  for (const end = Date.now() + patient(30_000); Date.now() < end; await sleep(100)) {
    // Not there yet.
    const said = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port] = said.split('\n');
    const list = port ? await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined) : undefined;
    const targets = ((await list?.json()) ?? []) as { url: string; webSocketDebuggerUrl: string }[];
    const found = targets.find(({ url }) => url.startsWith(page));
    if (found) return found.webSocketDebuggerUrl;
  }
  throw new Error('expected Chromium to open the page within 30 s');
}
