import { assert, bytesEqual, type ControllerEpoch, type MetadataOffset } from '@moldau/base';
import { decodeVoters, type Entry, type Output, type Replica, replicaName } from '@moldau/raft';
import type { TestCluster } from './test-cluster.ts';
import type { TestReplica } from './test-replica.ts';

/**
 * Raft's promises, checked after each step from outside the machines. Numbers: the list of invariants in
 * docs/internals/raft.md. What a machine's own assertions cover (9 and 10) is not repeated.
 */
export class Invariants {
  readonly #cluster: TestCluster;
  readonly #leaders = new Map<ControllerEpoch, string>();
  readonly #votes = new Map<string, string>();
  readonly #diskTerms = new Map<string, ControllerEpoch>();
  readonly #entries = new Map<string, { readonly entry: Entry; readonly prevTerm: ControllerEpoch | undefined }>();
  readonly #committed: Entry[] = [];
  readonly #commits = new Map<string, MetadataOffset>();
  readonly #logs = new Map<string, Entry[]>();

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    cluster.observers.push((node, _, outputs) => this.#check(node, outputs));
  }

  get committedCount(): number {
    return this.#committed.length;
  }

  /** A machine that starts anew knows what its disk holds. */
  restarted(node: TestReplica): void {
    const name = replicaName(node.replica);
    this.#logs.set(name, [...node.disk.entries]);
    this.#commits.delete(name);
  }

  #check(node: TestReplica, outputs: readonly Output[]): void {
    const name = replicaName(node.replica);
    if (!this.#logs.has(name)) this.#logs.set(name, [...node.disk.entries]);
    for (const output of outputs) {
      if (output.kind === 'persist') this.#logMatching(node, output);
      else if (output.kind === 'installSnapshot') this.#logs.set(name, []);
      else if (output.kind === 'committed') this.#stateMachineSafety(output.entries);
      else if (output.kind === 'leadership' && output.role === 'leader') this.#electionSafety(node, output.term);
    }
    this.#votesAndTerms(node);
    if (node.running.status.role === 'leader') this.#commitRule(node);
    this.#commits.set(name, node.running.status.commitIndex);
  }

  /** 1 and 4: a term has one leader, and it has all that was committed before. */
  #electionSafety(node: TestReplica, term: ControllerEpoch): void {
    const name = replicaName(node.replica);
    const known = this.#leaders.get(term);
    assert(known === undefined || known === name, 'a term has one leader', { term, known, name });
    this.#leaders.set(term, name);
    const log = this.#logs.get(name) ?? [];
    const first = log[0]?.index ?? Number.MAX_SAFE_INTEGER;
    for (const entry of this.#committed) {
      const own = log[entry.index - first];
      const covered = entry.index <= (node.disk.snapshot?.meta.index ?? 0);
      assert(covered || own?.term === entry.term, 'a new leader has all committed entries', {
        index: entry.index,
        term,
        name,
      });
    }
  }

  /** 2: on disk, terms do not decrease and a replica votes once per term, across crashes. */
  #votesAndTerms(node: TestReplica): void {
    const name = replicaName(node.replica);
    const { term, votedFor } = node.disk.hardState;
    assert(term >= (this.#diskTerms.get(name) ?? 0), 'the term on disk does not decrease', { name, term });
    this.#diskTerms.set(name, term);
    if (votedFor === undefined) return;
    const key = `${name} in ${term}`;
    const vote = replicaName(votedFor);
    assert((this.#votes.get(key) ?? vote) === vote, 'a replica votes once per term', { key, vote });
    this.#votes.set(key, vote);
  }

  /** 3: an index and term name one entry and, by induction, one prefix. */
  #logMatching(node: TestReplica, persist: Extract<Output, { kind: 'persist' }>): void {
    const log = this.#logs.get(replicaName(node.replica)) ?? [];
    const from = persist.truncateFrom ?? persist.append[0]?.index;
    const kept = from === undefined ? log : log.filter((entry) => entry.index < from);
    for (const entry of persist.append) {
      const prevTerm = kept.at(-1)?.term;
      const key = `${entry.index}/${entry.term}`;
      const known = this.#entries.get(key);
      assert(
        known === undefined || bytesEqual(known.entry.payload, entry.payload),
        'an index and term name one entry',
        { key },
      );
      const prevKnown = known?.prevTerm;
      assert(
        prevKnown === undefined || prevTerm === undefined || prevKnown === prevTerm,
        'equal entries follow equal entries',
        { key },
      );
      if (known === undefined) this.#entries.set(key, { entry, prevTerm });
      kept.push(entry);
      if (node.running.status.role === 'leader' && entry.kind === 'voters' && known === undefined)
        this.#voterChange(node, entry, kept);
    }
    this.#logs.set(replicaName(node.replica), kept);
  }

  /** 5: nobody applies something else at an index. */
  #stateMachineSafety(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const known = this.#committed[entry.index - 1];
      assert(
        known === undefined || (known.term === entry.term && bytesEqual(known.payload, entry.payload)),
        'replicas apply one history',
        {
          index: entry.index,
          term: entry.term,
          known: known?.term,
        },
      );
      this.#committed[entry.index - 1] = entry;
    }
  }

  /** 6 and 7: a leader commits an entry of its own term that a majority of its voters has on disk. */
  #commitRule(node: TestReplica): void {
    const { commitIndex, term, voters } = node.running.status;
    const before = this.#commits.get(replicaName(node.replica)) ?? 0;
    assert(commitIndex >= before, 'the commit index does not decrease', { before, commitIndex });
    if (commitIndex === before || this.#leaders.get(term) !== replicaName(node.replica)) return;
    const log = this.#logs.get(replicaName(node.replica)) ?? [];
    const entry = log.find((each) => each.index === commitIndex);
    assert(entry?.term === term, 'a leader commits entries of its own term', { commitIndex, term, found: entry?.term });
    const holders = voters.filter((voter) => this.#holds(voter, entry));
    assert(holders.length * 2 > voters.length, 'a majority has what is committed on disk', {
      commitIndex,
      holders: holders.length,
    });
  }

  /** A wiped voter's old disk held what it acknowledged: it is excused. */
  #holds(voter: Replica, entry: Entry): boolean {
    const node = this.#cluster.nodes.get(voter.nodeId);
    if (node === undefined || replicaName(node.replica) !== replicaName(voter)) return true;
    if (entry.index <= (node.disk.snapshot?.meta.index ?? 0)) return true;
    return node.disk.entries.some((each) => each.index === entry.index && each.term === entry.term);
  }

  /** 8: one change at a time, of one voter, by a leader that has committed in its term. */
  #voterChange(node: TestReplica, entry: Entry, log: readonly Entry[]): void {
    const { commitIndex, term } = node.running.status;
    const start = log.find((each) => each.term === term && each.kind === 'noop');
    assert(
      start === undefined || start.index <= commitIndex,
      'a leader changes voters after committing in its own term',
      { term },
    );
    const previous = log.findLast((each) => each.kind === 'voters' && each.index < entry.index);
    if (previous === undefined) return;
    assert(previous.index <= commitIndex, 'one voter change at a time', { index: entry.index });
    const older = decodeVoters(previous.payload).map(replicaName);
    const newer = decodeVoters(entry.payload).map(replicaName);
    const changed =
      older.filter((each) => !newer.includes(each)).length + newer.filter((each) => !older.includes(each)).length;
    assert(changed <= 1, 'voter sets differ by one', { changed });
  }
}
