/** `topic/partition`, of topics that are never deleted. */
type GroupPartition = string;

/** Who asks, and the generation in which it believes to be. */
interface GroupMemberName {
  readonly group: string;
  readonly memberId: string;
  /** Lasting name of a static member; null for others. */
  readonly instanceId: string | null;
  readonly generation: number;
}

/** What members of groups did and were told, as they saw it. */
export type GroupEvent =
  /** A leader was told who is in the generation. */
  | {
      readonly kind: 'began';
      readonly group: string;
      readonly generation: number;
      readonly memberIds: readonly string[];
    }
  /** A member was told what it is to read. `asked`: how many events there were when it asked. */
  | (GroupMemberName & {
      readonly kind: 'assigned';
      readonly asked: number;
      readonly partitions: readonly GroupPartition[];
    })
  /** A member reads these no more, and knows it. */
  | {
      readonly kind: 'let-go';
      readonly group: string;
      readonly memberId: string;
      readonly partitions: readonly GroupPartition[];
    }
  /** A commit leaves a member. Its id stands in its metadata. */
  | (GroupMemberName & { readonly kind: 'commit'; readonly commitId: string; readonly partition: GroupPartition })
  /** `refused`: it is known to have no effect, now or later. */
  | { readonly kind: 'committed'; readonly commitId: string; readonly outcome: 'kept' | 'refused' | 'unknown' }
  /** A member was told what is committed. Empty: nothing. */
  | {
      readonly kind: 'fetched';
      readonly group: string;
      readonly partition: GroupPartition;
      readonly asked: number;
      readonly commitId: string;
    };

/** Everything that clients of groups did and were told, in true order. */
export class GroupHistory {
  readonly events: GroupEvent[] = [];

  /** What happened before what happens from now on. */
  get now(): number {
    return this.events.length;
  }
}

/** Gives each event once, to whoever asks again and again. */
export function groupEvents(): (history: GroupHistory) => Iterable<readonly [index: number, event: GroupEvent]> {
  let next = 0;
  return function* ({ events }) {
    for (; next < events.length; next++) {
      const event = events[next];
      if (event !== undefined) yield [next, event];
    }
  };
}
