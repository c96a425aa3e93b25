import type { DirectoryId, NodeId } from '@moldau/base';

/** Who a replica of the log is: a node with a wiped disk has another directory id and is another replica (KIP-853). */
export interface ReplicaKey {
  readonly nodeId: NodeId;
  readonly directoryId: DirectoryId;
}

/** A replica and the `host:port` it is reached at. */
export interface Replica extends ReplicaKey {
  readonly address: string;
}

/** What a sender puts as directory id when it knows a node by its configured address only: any directory may answer. */
export const ANY_DIRECTORY: DirectoryId = '';

export function replicaName(replica: ReplicaKey): string {
  return `${replica.nodeId}/${replica.directoryId}`;
}
