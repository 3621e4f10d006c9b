import type { EdgeSettings } from '../../libs/platform/src/config.js';
import { limits } from '../../libs/platform/src/limits.js';
import { renditions } from '../../libs/platform/src/photos/renditions.js';
import type { NginxOptions } from './options.js';
import { ownHeaders } from './problem-pages.js';

const files = Object.values(renditions).map(({ file }) => file.replaceAll('.', '\\.'));

/**
 * In `http {}`: the keyring, and which requests are well formed. An unknown key has an empty secret, with which anybody could
 * sign; base64 leaves bits of its last character unused, which secure_link does not compare; and $arg_ names match in
 * capitals, too. The format check rejects all of these.
 */
export function mediaMaps({ MEDIA_KEYS, CORS_ORIGINS }: EdgeSettings): string {
  const origins = CORS_ORIGINS.map((origin) => `  "${origin}" "${origin}";`);
  const keys = MEDIA_KEYS.map(({ id, secret }) => `  "${id}" "${secret}";`);
  return `map $arg_k $narwhal_media_secret {
  default "";
${keys.join('\n')}
}
map "$narwhal_media_secret $args" $narwhal_media_formed {
  default 0;
  "~^[0-9a-f]{64} e=[1-9][0-9]{0,11}&k=[a-z0-9]{1,8}&s=[A-Za-z0-9_-]{21}[AQgw]$" 1;
}
map $http_origin $narwhal_origin {
  default "${CORS_ORIGINS.length === 0 ? '*' : ''}";
${origins.join('\n')}
}`;
}

/** In `http {}`, where renditions are in S3: a cache of recent ones, keyed by path, since signatures change daily. */
export function mediaCache({ folder }: NginxOptions, { S3_BUCKET }: EdgeSettings): string {
  if (!S3_BUCKET) return '';
  return `proxy_cache_path ${folder}/media levels=1:2 keys_zone=narwhal_media:20m max_size=2g inactive=7d use_temp_path=off;`;
}

/**
 * A frequently requested file stays open. A rendition never changes, but it may be deleted: NGINX checks once a second that
 * it still exists, so it is served for a second longer at most.
 */
const fromDisk = ({ STORAGE_DIR }: EdgeSettings): string =>
  `alias ${STORAGE_DIR}/$media_folder/$media_file;
    types { image/webp webp; image/jpeg jpg; }
    open_file_cache max=10000 inactive=20s;
    open_file_cache_min_uses 2;
    open_file_cache_valid 1s;`;

/**
 * The api fetches from S3; NGINX revalidates after a minute, with the ETag, so that deleted objects are gone by then.
 * Concurrent requests get the stale copy. One fill at a time per file; ranges are cut from the whole.
 */
const fromCache = `proxy_cache narwhal_media;
    proxy_cache_key "$media_folder/$media_file";
    proxy_cache_valid 200 60s;
    proxy_cache_revalidate on;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 10s;
    proxy_cache_use_stale updating;
    proxy_ignore_headers Cache-Control Expires Set-Cookie Vary X-Accel-Expires;
    proxy_hide_header Access-Control-Allow-Origin;
    proxy_hide_header Access-Control-Expose-Headers;
    proxy_hide_header Cache-Control;
    proxy_hide_header Cross-Origin-Resource-Policy;
    proxy_hide_header Referrer-Policy;
    proxy_hide_header Vary;
    proxy_hide_header X-Content-Type-Options;
    proxy_hide_header X-Request-Id;
    proxy_read_timeout 10s;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://narwhal_api;`;

/** In `server {}`: renditions from the disk store's folder or from S3, by the signature that the api makes. */
export function mediaLocations(settings: EdgeSettings): string {
  return `location ^~ /media/ {
  location ~ "^/media/(?<media_folder>[0-9a-f]{2}/[0-9a-f]{30})/(?<media_file>${files.join('|')})$" {
    secure_link $arg_s,$arg_e;
    secure_link_md5 "$media_folder $arg_e $arg_k $narwhal_media_secret";
    if ($narwhal_media_formed = 0) { return 463; }
    if ($secure_link = "") { return 463; }
    if ($secure_link = "0") { return 464; }
    ${settings.S3_BUCKET ? fromCache : fromDisk(settings)}
    ${ownHeaders}
    add_header Cross-Origin-Resource-Policy cross-origin always;
    add_header Cache-Control "private, max-age=${limits.media.validFor}, immutable";
  }
  return 463;
}`;
}
