import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './contract.ts';
import { pages, type ItemOf, type ListOptions, type ListPath, type ListQuery, type PageOf } from './pages.ts';
import { dataOf } from './refusal.ts';
import { Sender, type Options, type Session } from './sender.ts';
import { events, type EventOptions, type StreamEvent } from './stream.ts';
import { PhotoUpload, type UploadOptions } from './upload.ts';

export type User = components['schemas']['User'];
export type Photo = components['schemas']['Photo'];
type SignUp = paths['/v1/users']['post']['requestBody']['content']['application/json'];
type SignIn = paths['/v1/sessions']['post']['requestBody']['content']['application/json'];

/** Options that may be left out where none is needed. */
type Given<Options> = object extends Options ? [options?: Options] : [options: Options];

/** A person's use of one server. Every request is repeated while that may help, and has its effect once. */
export class Narwhal {
  /**
   * Every operation of the contract, by path: `const { data, error } = await narwhal.api.GET('/v1/feed')`, as openapi-fetch
   * describes it; `dataOf(...)` throws the error instead.
   */
  readonly api: Client<paths>;
  private readonly sender: Sender;
  private readonly server: string;

  /** @param server where Narwhal is, as `https://photos.example` */
  constructor(server: string, options: Options = {}) {
    this.server = server;
    this.sender = new Sender(server, options);
    this.api = createClient<paths>({ baseUrl: server, fetch: this.sender.fetch });
  }

  /** Null when nobody is signed in. */
  get session(): Session | null {
    return this.sender.session;
  }

  /** Where an admin has to let people in, `session` stays null until they sign in. @throws Refusal, for instance 409 `username_taken` */
  async signUp(person: SignUp): Promise<User> {
    const made = await dataOf(this.api.POST('/v1/users', { body: person }));
    return 'session' in made ? this.begin(made) : made.user;
  }

  /** @throws Refusal, for instance 401 `bad_credentials` */
  async signIn(login: string, password: string): Promise<User> {
    const refreshToken = this.sender.lastRefreshToken;
    const body: SignIn = { login, password, ...(refreshToken !== undefined && { refreshToken }) };
    return this.begin(await dataOf(this.api.POST('/v1/sessions', { body })));
  }

  /** Ends the session here and, if the server can be reached, there. */
  async signOut(): Promise<void> {
    const ended = this.api.DELETE('/v1/sessions/current').catch(() => undefined);
    await ended;
    await this.sender.use(null);
  }

  /** The pages of a list, newest first, one request each. @throws Refusal */
  pages<Path extends ListPath, Query extends ListQuery<Path> = ListQuery<Path>>(
    path: Path,
    ...[options]: Given<ListOptions<Path, Query>>
  ): AsyncGenerator<PageOf<Path, Query>, void, undefined> {
    return pages(this.api, path, (options ?? {}) as ListOptions<Path, Query>);
  }

  /** The items of a list, one after the other; pages are read as they are needed. @throws Refusal */
  async *items<Path extends ListPath, Query extends ListQuery<Path> = ListQuery<Path>>(
    path: Path,
    ...options: Given<ListOptions<Path, Query>>
  ): AsyncGenerator<ItemOf<Path, Query>, void, undefined> {
    for await (const page of this.pages<Path, Query>(path, ...options))
      yield* page.items as ItemOf<Path, Query>[];
  }

  /** Sends a photo: a small one in one request, others so that they go on where a connection was cut. */
  upload(photo: Blob, options: UploadOptions = {}): PhotoUpload {
    return new PhotoUpload(this.sender, this.api, this.server, photo, options);
  }

  /** Events as they happen: resumed where the connection was cut, until `signal` ends it. @throws Refusal */
  events(options: EventOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    return events(this.sender, this.server, options);
  }

  private async begin({ user, session }: { user: User; session: Session }): Promise<User> {
    await this.sender.use(session);
    return user;
  }
}
