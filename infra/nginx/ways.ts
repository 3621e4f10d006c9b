/** In `http {}`: classifies requests by how they may be handled. */
export const wayMap = `map "$request_method|$http_prefer|$http_idempotency_key" $narwhal_way {
  default read;
  "~^GET\\|[^|]*wait" wait;
  "~^(POST|PATCH)\\|[^|]*\\|[A-Za-z0-9_-]{16,64}$" keyed;
  "~^(POST|PATCH|PUT|DELETE)\\|" write;
}`;

/** NGINX allows no variables in time-outs and retry rules: each class is a location, reached by an internal status. */
export const wayPages = `error_page 480 = @read;
error_page 481 = @wait;
error_page 482 = @write;
error_page 483 = @keyed;
error_page 484 = @keyed_photo;`;
