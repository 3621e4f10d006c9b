/** A stranger's first minutes, by a client that was generated from the contract. Each client's journey has to find the same. */
export interface Found {
  username: string;
  features: number;
  altText: string | null;
  caption: string | null;
  liked: boolean;
  comment: string | null;
  feed: (string | null)[];
  grid: number[];
  people: string[];
  refusal: string;
}

export interface Stranger {
  server: string;
  username: string;
  photo: Blob;
}

export const password = 'Nine hares hop by night';
