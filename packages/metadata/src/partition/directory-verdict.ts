import type { DirectoryVerdict, LogDirectory } from '@moldau/proto';
import type { Durability } from '../configs/topic-config.ts';
import type { ReplicaState } from './partition-state.ts';

/** From what keeps everything to what keeps nothing. */
const WORSE: readonly DirectoryVerdict[] = ['clean', 'crashed-intact', 'damaged', 'new', 'unspecified'];

/**
 * Whether a replica still holds everything below the high watermark after its broker's restart. What was counted in a
 * `flushed` topic was on disk, so a crash without damage costs nothing; in a `replicated` topic it was in memory only.
 */
export function survivesRestart(verdict: DirectoryVerdict, durability: Durability): boolean {
  return verdict === 'clean' || (verdict === 'crashed-intact' && durability === 'flushed');
}

/**
 * The same for a replica that has no other: what is damaged is read-only by itself, and better than nothing. What a crash
 * took from a `replicated` topic leaves no trace in the log, which would give the same offsets out again.
 */
export function servesWhatIsLeft(verdict: DirectoryVerdict, durability: Durability): boolean {
  return verdict === 'damaged' ? durability === 'flushed' : survivesRestart(verdict, durability);
}

/**
 * What recovery found where this replica lies. A directory that the broker did not bring back is as good as new. Where
 * the metadata does not know the directory the worst verdict of the broker counts: it may be the one.
 */
export function verdictForReplica(replica: ReplicaState, directories: readonly LogDirectory[]): DirectoryVerdict {
  if (replica.directoryId !== '') {
    return directories.find(({ directoryId }) => directoryId === replica.directoryId)?.verdict ?? 'new';
  }
  const worst = Math.max(...directories.map(({ verdict }) => WORSE.indexOf(verdict)));
  return WORSE[worst] ?? 'unspecified';
}

/** Where a replica lies on a broker, as far as it follows from its directories: with one there is no question. */
export function directoryForReplica(directories: readonly LogDirectory[]): string {
  const only = directories[0];
  return only !== undefined && directories.length === 1 ? only.directoryId : '';
}
