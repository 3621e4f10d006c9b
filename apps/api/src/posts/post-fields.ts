import type { PostFields, TextEntity } from '@app/storage';
import type { NewPost, PostChange } from './posts.schemas.js';

/** The hashtags and mentions of the request's caption. */
export interface Written {
  entities?: TextEntity[];
}

/** The request's fields under their column names; omitted fields are absent. */
export function fieldsOf(input: (Omit<NewPost, 'photoIds'> | PostChange) & Written): PostFields {
  const { caption, entities, place, sensitive, contentWarning, commentsClosed } = input as PostChange &
    Written;
  return {
    ...(caption === undefined ? {} : { caption: caption ?? '' }),
    ...(entities === undefined ? {} : { caption_entities: entities }),
    ...(place === undefined ? {} : placeFields(place)),
    ...(sensitive === undefined ? {} : { sensitive }),
    ...(contentWarning === undefined ? {} : { content_warning: contentWarning }),
    ...(commentsClosed === undefined ? {} : { comments_closed: commentsClosed }),
  };
}

function placeFields(place: NonNullable<PostChange['place']> | null): PostFields {
  return {
    place_name: place?.name ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
  };
}
