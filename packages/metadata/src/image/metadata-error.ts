/** Metadata that this version of Moldau cannot read, or bytes that are no metadata. Whoever met it must not go on: it would be blind to facts. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
}
