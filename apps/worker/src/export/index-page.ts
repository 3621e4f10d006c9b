import { Injectable } from '@nestjs/common';
import type { UserRow } from '@app/storage';
import { ExportedPage, textsOf } from '@app/pages';
import { MarkedData } from './marked-data.js';
import { OwnData } from './own-data.js';

/** `index.html` of an export, in pieces. */
@Injectable()
export class IndexPage {
  constructor(
    private readonly own: OwnData,
    private readonly marked: MarkedData,
  ) {}

  async *of(user: UserRow, locale: string, instance: string, madeAt: string): AsyncGenerator<string> {
    const page = new ExportedPage(textsOf(locale));
    const { id, username, display_name: displayName, bio, website } = user;
    yield page.begin({ username, displayName, bio, website, instance, madeAt });
    yield page.section('posts');
    for await (const posts of this.own.posts(id)) yield page.posts(posts);
    yield page.section('unposted');
    for await (const photos of this.own.unposted(id)) yield page.photos(photos);
    yield page.section('comments');
    for await (const comments of this.own.comments(id)) yield page.comments(comments);
    yield page.section('following');
    for await (const people of this.marked.following(id)) yield page.people(people);
    yield page.section('followers');
    for await (const people of this.marked.followers(id)) yield page.people(people);
    yield page.end();
  }
}
