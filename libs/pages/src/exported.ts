import { html, Html } from './html.js';
import { style } from './style.js';
import type { Texts } from './texts/languages.js';

/** A photo as the page of an export shows it: paths are within the zip. */
export interface ShownPhoto {
  file: string;
  preview: string | null;
  altText: string;
  width: number | null;
  height: number | null;
}

export interface ShownPost {
  createdAt: string;
  caption: string;
  contentWarning: string | null;
  place: { name: string } | null;
  archived: boolean;
  photos: readonly ShownPhoto[];
}

export interface ShownProfile {
  username: string;
  displayName: string;
  bio: string;
  website: string | null;
  instance: string;
  madeAt: string;
}

const layout = `
main { max-width: 60rem; }
main nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
h2 { font-size: 1.2rem; }
article { border-top: 1px solid var(--line); padding: 1rem 0; }
.photos { display: flex; flex-wrap: wrap; gap: .5rem; }
img { max-width: 20rem; width: 100%; height: auto; border-radius: 6px; background: var(--line); }
.text { white-space: pre-wrap; }
`;

/** The page of an export: it opens from a folder, offline, runs nothing and loads only what lies beside it. It is made in parts, since it may have 20,000 photos. */
export class ExportedPage {
  constructor(private readonly texts: Texts) {}

  begin({ username, displayName, bio, website, instance, madeAt }: ShownProfile): string {
    const { language, exported: words } = this.texts;
    const whole = html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta
            http-equiv="Content-Security-Policy"
            content="script-src 'none'; object-src 'none'; frame-src 'none'"
          />
          <meta name="referrer" content="no-referrer" />
          <title>${words.title(username)} · ${instance}</title>
          ${new Html(`<style>${style}${layout}</style>`)}
        </head>
        <body>
          <header>${instance}</header>
          <main>
            <h1>${words.title(username)}</h1>
            <p class="text">${[displayName, bio].filter((text) => text !== '').join('\n')}</p>
            ${website === null ? html`` : html`<p><a href="${website}" rel="noreferrer">${website}</a></p>`}
            <p class="hint">${words.made(day(madeAt))}</p>
            <nav>
              <a href="#posts">${words.posts}</a>
              <a href="#unposted">${words.unposted}</a>
              <a href="#comments">${words.comments}</a>
              <a href="#following">${words.following}</a>
              <a href="#followers">${words.followers}</a>
            </nav>
          </main>
        </body>
      </html>`.text;
    // What follows stands in `main`; `end` closes it.
    return whole.slice(0, whole.lastIndexOf('</main>'));
  }

  section(name: 'posts' | 'unposted' | 'comments' | 'following' | 'followers'): string {
    return html`<h2 id="${name}">${this.texts.exported[name]}</h2>`.text;
  }

  posts(posts: readonly ShownPost[]): string {
    return posts.map((post) => this.post(post).text).join('\n');
  }

  photos(photos: readonly ShownPhoto[]): string {
    return photos.map((photo) => this.picture(photo).text).join('\n');
  }

  comments(comments: readonly { createdAt: string; text: string }[]): string {
    return comments
      .map(
        ({ createdAt, text }) =>
          html`<article>
            <p class="hint">${day(createdAt)}</p>
            <p class="text">${text}</p>
          </article>`.text,
      )
      .join('\n');
  }

  people(people: readonly { username: string; since: string }[]): string {
    return people.map(({ username }) => html`<p>@${username}</p>`.text).join('\n');
  }

  end(): string {
    const { rest } = this.texts.exported;
    return html`<p class="hint">${rest}</p></main></body></html>`.text;
  }

  private post({ createdAt, caption, contentWarning, place, archived, photos }: ShownPost): Html {
    const facts = [
      day(createdAt),
      place?.name ?? '',
      contentWarning ?? '',
      archived ? this.texts.exported.archived : '',
    ];
    return html`<article>
      <p class="hint">${facts.filter((fact) => fact !== '').join(' · ')}</p>
      <div class="photos">${photos.map((photo) => this.picture(photo))}</div>
      <p class="text">${caption}</p>
    </article>`;
  }

  /** Lazily: a browser that opens the page reads only what is seen. */
  private picture({ file, preview, altText, width, height }: ShownPhoto): Html {
    if (preview === null) return html`<a href="${file}">${file}</a>`;
    // A link needs words.
    const alt = altText || this.texts.exported.photo;
    return html`<a href="${file}"
      ><img src="${preview}" alt="${alt}" width="${width ?? 0}" height="${height ?? 0}" loading="lazy"
    /></a>`;
  }
}

const day = (time: string): string => time.slice(0, 10);
