/** The text above the endpoints: the conventions that hold for each of them. */
export const description = `
Narwhal is a photo-sharing backend that anyone can run. This file is generated from the code that answers.

**JSON.** camelCase; every named field is present, null if empty. In PATCH an absent field keeps, null clears. Ids are 64-bit
numbers as strings. Times are \`2026-11-22T12:08:00.000Z\`, always with three decimals. Texts are NFC, lengths count code points,
ranges are UTF-16 units, \`[start, end)\`. v1 only grows: ignore fields and values that you do not know.

**Errors** are RFC 9457 \`application/problem+json\`. Act on \`code\`, which is stable; \`params\` carries the numbers; \`detail\` is
English for developers. Invalid fields are 422 \`validation_failed\` with every fault at once. What is not there and what one may
not see are the same 404. [All codes](/docs/problems).

**Tokens.** \`Authorization: Bearer <accessToken>\`. 401 speaks only of the access token: refresh on \`token_expired\`, sign out on
\`session_ended\` alone. A refresh may be repeated until its successor is first used, and for 60 seconds after.

**Repeating.** Send \`Idempotency-Key\` with a POST and repeat it as often as the network needs: the same request gets the same
result for 24 hours. PUT and DELETE may be repeated as they are.

**Lists** take \`limit\` and \`cursor\` (older) or \`newer\` (the page just above), and answer \`{items, nextCursor, prevCursor}\`. A page
may be short while \`nextCursor\` is not null, which means more. Cursors outlive inserts, deletes and deploys, and belong to their path.

**Freshness.** Answers with an \`ETag\` may be asked for again with \`If-None-Match\`, and are 304 without a body when nothing changed.
HEAD is answered wherever GET is.

**Limits.** \`RateLimit\` and \`RateLimit-Policy\` say what is left; 429 \`rate_limited\` comes with \`Retry-After\`.
`.trim();

/** The order of the documentation. */
export const tags = [
  { name: 'Accounts', description: 'Signing up, and one’s own profile.' },
  { name: 'Sessions', description: 'Signing in on a device, refreshing its tokens, signing out.' },
  { name: 'People', description: 'Profiles, follows and requests, blocks, mutes.' },
  { name: 'Photos', description: 'Uploading; a photo is developed before anybody else sees it.' },
  { name: 'Posts', description: 'One to ten photos with a caption.' },
  { name: 'Likes and saves', description: 'Both may be repeated and taken back.' },
  { name: 'Collections', description: 'Saved posts, sorted by their owner.' },
  { name: 'Comments', description: 'Oldest first, or in threads: all replies below the comment that began.' },
  { name: 'Reading', description: 'The home feed, tags, places, search, suggestions.' },
  { name: 'Notifications', description: 'What happened to one, grouped; and the live stream.' },
  { name: 'Media', description: 'The bytes of photos, by signed URLs that expire.' },
  { name: 'Operators', description: 'What this instance is, and whether it is well.' },
];
