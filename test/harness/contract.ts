// The contract's shapes, as far as tests read them: written here separately, since a test may not rely on the code it tests.

export interface User {
  id: string;
  username: string;
  displayName: string | null;
  private: boolean;
  counts: { posts: number; followers: number; following: number };
  relationship?: Relationship;
}

export interface Relationship {
  following: boolean;
  requested: boolean;
  followedBy: boolean;
  blocking: boolean;
  muting: boolean;
}

export interface Session {
  id: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  expiresIn: number;
}

export interface Rendition {
  url: string;
  width: number;
  height: number;
  type: string;
}

export interface Photo {
  id: string;
  state: 'processing' | 'ready' | 'rejected';
  width: number | null;
  height: number | null;
  altText: string | null;
  thumbhash: string | null;
  color: string | null;
  renditions: Record<'square150' | 'w320' | 'w640' | 'w1080' | 'jpeg1080', Rendition> | null;
  rejection: { code: string; detail: string } | null;
  createdAt: string;
}

export interface Post {
  id: string;
  code: string;
  state: 'publishing' | 'published' | 'failed';
  author: { id: string; username: string; displayName: string | null };
  caption: string | null;
  photos: Photo[];
  sensitive: boolean;
  counts: { likes: number; comments: number };
  liked: boolean;
  saved: boolean;
  createdAt: string;
  editedAt: string | null;
  failure: { code: string; photoId: string } | null;
}

export interface Comment {
  id: string;
  postId: string;
  replyTo: string | null;
  author: { id: string; username: string } | null;
  text: string | null;
  counts: { likes: number; replies: number };
  deleted: boolean;
}

export interface CommentThread extends Comment {
  replies: { count: number; first: Comment[] };
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  prevCursor: string | null;
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  params: Record<string, unknown>;
  requestId: string;
  errors?: { pointer?: string; parameter?: string; code: string; params: Record<string, unknown> }[];
}
