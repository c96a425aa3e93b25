import { DiskError, type DiskErrorCode } from '@moldau/base';

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  ENOTEMPTY: 'EEXIST',
  ENOSPC: 'ENOSPC',
  EDQUOT: 'ENOSPC',
  EIO: 'EIO',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EROFS: 'EACCES',
  LEVEL_LOCKED: 'ELOCKED',
  LEVEL_CORRUPTION: 'EIO',
  LEVEL_IO_ERROR: 'EIO',
};

/** What the system said, as a {@link DiskError}; its own words stay as the cause. */
export function diskError(error: unknown, path: string, what: string): DiskError {
  if (error instanceof DiskError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DiskError(codeOf(error), path, `${what}: ${reason}`, { cause: error });
}

/** LevelDB's reason lies one cause deeper: the outer error only says that the store is not open. */
function codeOf(error: unknown): DiskErrorCode {
  if (!(error instanceof Error)) return 'EOTHER';
  const own = 'code' in error && typeof error.code === 'string' ? CODES[error.code] : undefined;
  return own ?? (error.cause === undefined ? 'EOTHER' : codeOf(error.cause));
}
