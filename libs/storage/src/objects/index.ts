/** The photos' stores: disk, S3 or both behind one contract; moving from one to the other, and checking rows against objects. */
export { exportName, exportNames, newFolder, objectKey, trashDay } from './object-keys.js';
export {
  type ByteRange,
  OBJECT_STORE,
  ObjectMissing,
  type ObjectStore,
  ObjectTooLarge,
  RangeOutside,
  type StoreHealth,
  type StoreKind,
} from './object-store.js';
export { configuredStore, configuredStores } from './open-object-store.js';
export { type PieceWriter, type Pieces, joinPieces, pieceName, pieceNames } from './pieces.js';
export { StoreHome } from './store-home.js';
export { TwoStores } from './two-stores.js';
export { Migration, unaware } from './moving/migration.js';
export { ProgressBars } from './moving/progress-bars.js';
export { type Redevelop, Redevelopment } from './moving/redevelopment.js';
export { fix, problems } from './verifying/judge.js';
export { Verification } from './verifying/verification.js';
