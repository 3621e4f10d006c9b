/** In `http {}`: how requests differ in what may be done with them. */
export const wayMap = `map "$request_method|$http_prefer|$http_idempotency_key" $narwhal_way {
  default read;
  "~^GET\\|[^|]*wait" wait;
  "~^(POST|PATCH)\\|[^|]*\\|[A-Za-z0-9_-]{16,64}$" keyed;
  "~^(POST|PATCH|PUT|DELETE)\\|" write;
}`;

/** NGINX knows no variables in time-outs and in what it tries again: each way is a location, reached by a status that nobody sees. */
export const wayPages = `error_page 480 = @read;
error_page 481 = @wait;
error_page 482 = @write;
error_page 483 = @keyed;
error_page 484 = @keyed_photo;`;
