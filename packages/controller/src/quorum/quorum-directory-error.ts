/** The directory cannot be used as it is: another node's or cluster's, or something that was durable is gone. */
export class QuorumDirectoryError extends Error {
  override readonly name = 'QuorumDirectoryError';
}
