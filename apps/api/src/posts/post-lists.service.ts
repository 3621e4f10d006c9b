import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { LikeRows, PostRows, type CollectionRows, type Entry } from '@app/storage';
import { People } from '@app/domain';
import { Cursors, type ListInput, type PageRequest } from '../http/cursors.js';
import { PostReading } from './post-reading.service.js';
import { listJson } from './post-json.js';

/** Lists of posts stored as entries: scans them by key, and omits posts that the viewer may not see. */
@Injectable()
export class PostLists {
  constructor(
    private readonly cursors: Cursors,
    private readonly posts: PostRows,
    private readonly marks: LikeRows,
    private readonly people: People,
    private readonly reading: PostReading,
  ) {}

  async ofAuthor(path: string, input: ListInput & { id: Id }, viewer: Id | null): Promise<string> {
    const { row, relation } = await this.people.withContent(input.id, viewer);
    return this.page(path, input, viewer, async (page) => {
      const ids = await this.posts.ofAuthor(row.id, relation.self, page);
      return ids.map((id) => ({ id, subject: id }));
    });
  }

  async archived(path: string, input: ListInput, author: Id): Promise<string> {
    return this.page(path, input, author, async (page) => {
      const ids = await this.posts.archivedOf(author, page);
      return ids.map((id) => ({ id, subject: id }));
    });
  }

  async collection(
    path: string,
    input: ListInput & { id: Id },
    owner: Id,
    rows: CollectionRows,
  ): Promise<string> {
    return this.page(path, input, owner, (page) => rows.posts(input.id, page));
  }

  async liked(path: string, input: ListInput, reader: Id): Promise<string> {
    return this.page(path, input, reader, (page) => this.marks.liked(reader, page));
  }

  async saved(path: string, input: ListInput, reader: Id): Promise<string> {
    return this.page(path, input, reader, (page) => this.marks.saved(reader, page));
  }

  /** A page of any list of posts; `scan` reads its entries by key. */
  async page(
    path: string,
    input: ListInput,
    viewer: Id | null,
    scan: (page: PageRequest) => Promise<Entry[]>,
  ): Promise<string> {
    return listJson(
      await this.cursors.list(path, input, scan, (entries) =>
        this.reading.visible(
          entries.map(({ subject }) => subject),
          viewer,
        ),
      ),
    );
  }
}
