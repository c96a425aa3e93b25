import { partitionKey } from '../partition-name.ts';
import type { Assignor, GroupAssignment, MemberView } from './assignor.ts';
import { stickyAssignment } from './sticky-assignment.ts';

/**
 * Even, and with as little moved as can be; what moves goes in two steps (KIP-429): in this generation its reader gives it up,
 * in the next, which follows at once, another gets it. Everything else is read all the while.
 */
export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  // As Kafka's: the generation in 32 bits. Members that tell it in the subscription itself (version 2 and up) need it not.
  userData(generation) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, generation);
    return bytes;
  },
  assign(members, counts) {
    return withoutWhatIsHeld(members, stickyAssignment(members, counts));
  },
};

/** The generation that a member's user data tells; -1 where it is not of this kind. */
export function generationOfUserData(bytes: Uint8Array | null): number {
  if (bytes?.length !== 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0);
}

/** Nobody is given what another may still be reading. */
function withoutWhatIsHeld(members: readonly MemberView[], target: GroupAssignment): GroupAssignment {
  const holders = new Map<string, Set<string>>();
  for (const { memberId, owned } of members) {
    for (const each of owned) {
      const key = partitionKey(each);
      holders.set(key, (holders.get(key) ?? new Set()).add(memberId));
    }
  }
  return new Map(
    [...target].map(([memberId, partitions]) => [
      memberId,
      partitions.filter((each) => {
        const held = holders.get(partitionKey(each));
        return held === undefined || [...held].every((holder) => holder === memberId);
      }),
    ]),
  );
}
