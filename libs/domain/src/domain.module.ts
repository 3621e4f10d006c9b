import { Global, Module, type Provider } from '@nestjs/common';
import { Quota } from './photos/quota.js';
import { UnfinishedPhotos } from './photos/unfinished-photos.js';
import { UploadCompletion } from './photos/upload-completion.js';
import { PostIndex } from './posts/post-index.js';
import { Publishing } from './posts/publishing.js';
import { Removal } from './posts/removal.js';
import { Liking } from './reactions/liking.js';
import { Blocking } from './relations/blocking.js';
import { Following } from './relations/following.js';
import { Visibility } from './visibility/visibility.js';

const rules: Provider[] = [
  Visibility,
  Following,
  Blocking,
  Liking,
  PostIndex,
  Publishing,
  Removal,
  Quota,
  UnfinishedPhotos,
  UploadCompletion,
];

/** The rules that api and worker share. Needs PlatformModule and StorageModule. */
@Global()
@Module({ providers: rules, exports: rules })
export class DomainModule {}
