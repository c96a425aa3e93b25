import { type NodeId, present, utf8Encode } from '@moldau/base';
import type { Input, Message, MessageBody, Output, PlantedRaftBug, RaftLimits, Replica } from '@moldau/raft';
import { Invariants } from './invariants.ts';
import { TestCluster } from './test-cluster.ts';
import type { TestReplica } from './test-replica.ts';

/**
 * Runs a scenario file: blocks of `command` lines, `----`, and what came of them. A comment begins with `#`.
 *
 *   founders 1 2 3 [limit=value ...]   nodes that begin with the same voter set
 *   node 4                             a node with an empty disk
 *   tick 1                             the node's deadline comes; the messages wait
 *   advance 300                        time passes, everything is delivered
 *   settle                             everything under way is delivered, no time passes
 *   deliver 1 2 / drop 1 2             what waits from node 1 to node 2
 *   repeat 1 2 / reverse 1 2           what waits from node 1 to node 2 comes twice, or in the opposite order
 *   store 1 / store-once 1             the node's storage work is done, or the oldest piece of it
 *   damage 1                           a byte of the snapshot that it receives is wrong
 *   propose 1 text ...                 one entry per word
 *   flush 1 / snapshot 1 / resign 1 / transfer 1 [2] / gone 2 1 (node 2 learns that 1's process is gone)
 *   add-voter 1 4 [address] / remove-voter 1 2   asked of node 1
 *   crash 1 / restart 1 / wipe 1 / partition 1 | 2 3 / heal
 *   log 1 / status                     show
 */
export class Scenario {
  #cluster = new TestCluster({ seed: 1 });
  #trace: string[] = [];

  /** The file as it should read: commands as they are, outputs as they came. */
  run(text: string): string {
    const blocks = text.split(/\n\s*\n(?=[^\s])/);
    return `${blocks.map((block) => this.#runBlock(block)).join('\n\n')}\n`;
  }

  #runBlock(block: string): string {
    const lines = block.trimEnd().split('\n');
    const end = lines.indexOf('----');
    const commands = end < 0 ? lines : lines.slice(0, end);
    if (commands.every((line) => line.startsWith('#'))) return commands.join('\n');
    this.#trace = [];
    for (const line of commands) if (!line.startsWith('#')) this.#command(line.split(/\s+/));
    const output = this.#trace.length === 0 ? ['ok'] : this.#trace;
    return [...commands, '----', ...output].join('\n');
  }

  #command([name, ...words]: string[]): void {
    const cluster = this.#cluster;
    const [first, second] = words.map(Number);
    const id = first ?? 0;
    switch (name) {
      case 'founders':
        this.#found(words);
        return;
      case 'node':
        cluster.add([id], { founders: false });
        return;
      case 'tick':
        cluster.nowMs = Math.max(cluster.nowMs, cluster.node(id).running.nextDeadlineMs);
        cluster.step(id, { kind: 'tick' });
        return;
      case 'advance':
        cluster.advance(id);
        return;
      case 'settle':
        cluster.settle();
        return;
      case 'deliver':
        for (const message of this.#take(id, present(second, 'a receiver'))) cluster.deliver(message);
        return;
      case 'drop':
        for (const message of this.#take(id, present(second, 'a receiver')))
          this.#trace.push(`lost: ${describeMessage(message)}`);
        return;
      case 'store':
        while (cluster.node(id).storageQueue.length > 0) cluster.store(id);
        return;
      case 'propose':
        for (const word of words.slice(1)) cluster.step(id, { kind: 'propose', payload: utf8Encode(word) });
        cluster.step(id, { kind: 'flush' });
        return;
      default:
        this.#rareCommand(name ?? '', words, id, second ?? 0);
        return;
    }
  }

  #rareCommand(name: string, words: readonly string[], id: NodeId, second: number): void {
    const cluster = this.#cluster;
    const inputs: Record<string, () => Input> = {
      'add-voter': () => {
        const { replica } = cluster.node(second);
        return { kind: 'addVoter', voter: { ...replica, address: words[2] ?? replica.address } };
      },
      'remove-voter': () => ({ kind: 'removeVoter', voter: this.#voter(id, second) }),
      transfer: () => ({ kind: 'transferLeadership', ...(words.length > 1 && { to: second }) }),
      resign: () => ({ kind: 'resign' }),
      gone: () => ({ kind: 'peerGone', nodeId: second }),
    };
    const input = inputs[name]?.();
    if (input !== undefined) {
      cluster.step(id, input);
      return;
    }
    const deeds: Record<string, () => void> = {
      repeat: () => cluster.messages.push(...this.#waiting(id, second)),
      reverse: () => {
        const taken = this.#take(id, second).reverse();
        cluster.messages.push(...taken);
      },
      'store-once': () => cluster.store(id),
      damage: () => cluster.node(id).damageIncoming(),
      snapshot: () => cluster.snapshot(id),
      crash: () => cluster.crash(id),
      restart: () => cluster.restart(id),
      wipe: () => cluster.wipe(id),
      heal: () => cluster.partition([]),
      partition: () =>
        cluster.partition(
          words
            .join(' ')
            .split('|')
            .map((side) => side.trim().split(' ').map(Number)),
        ),
      log: () => this.#trace.push(describeLog(cluster.node(id))),
      status: () => this.#trace.push(...cluster.running.map(describeStatus)),
    };
    const deed = deeds[name];
    if (deed === undefined) throw new Error(`no such command: ${name}`);
    deed();
  }

  #found(words: readonly string[]): void {
    const limits: Record<string, number> = {};
    for (const word of words.filter((each) => each.includes('='))) {
      const [name, value] = word.split('=');
      limits[name ?? ''] = Number(value);
    }
    const partial: Partial<RaftLimits> = limits;
    const bugs = new Set<PlantedRaftBug>();
    this.#cluster = new TestCluster({ seed: 7, limits: partial, plantedBugs: bugs });
    new Invariants(this.#cluster);
    this.#cluster.observers.push((node, input, outputs) => this.#record(node, input, outputs));
    this.#cluster.add(words.filter((each) => !each.includes('=')).map(Number), { founders: true });
  }

  #voter(asked: NodeId, nodeId: NodeId): Replica {
    const voters = this.#cluster.node(asked).running.status.voters;
    return voters.find((voter) => voter.nodeId === nodeId) ?? this.#cluster.node(nodeId).replica;
  }

  #waiting(from: NodeId, to: NodeId): Message[] {
    return this.#cluster.messages.filter((message) => message.from.nodeId === from && message.to.nodeId === to);
  }

  #take(from: NodeId, to: NodeId): Message[] {
    const taken = this.#waiting(from, to);
    this.#cluster.messages = this.#cluster.messages.filter((message) => !taken.includes(message));
    return taken;
  }

  #record(node: TestReplica, input: Input, outputs: readonly Output[]): void {
    const { nodeId } = node.replica;
    // Heartbeats without news would drown the story.
    if (
      input.kind === 'message' &&
      isIdle(input.message.body) &&
      outputs.every(({ kind }) => kind === 'messageRejected')
    )
      return;
    const news = outputs.filter((output) => output.kind !== 'send' || !isIdle(output.message.body));
    if (news.length === 0) return;
    const at = `${String(this.#cluster.nowMs).padStart(5)} ms  node ${nodeId}`;
    const cause = input.kind === 'message' ? describeMessage(input.message) : input.kind;
    this.#trace.push(`${at}  on ${cause}`, ...news.map((output) => `             ${describeOutput(output)}`));
  }
}

function isIdle(body: MessageBody): boolean {
  return (body.kind === 'append' && body.entries.length === 0) || body.kind === 'appendAccepted';
}

function describeOutput(output: Output): string {
  switch (output.kind) {
    case 'send':
      return `send ${describeMessage(output.message)}`;
    case 'persist': {
      const parts: string[] = [];
      if (output.truncateFrom !== undefined) parts.push(`cut from ${output.truncateFrom}`);
      if (output.append.length > 0) parts.push(`append ${describeEntries(output.append)}`);
      const { hardState } = output;
      if (hardState !== undefined) parts.push(`term ${hardState.term} vote ${hardState.votedFor?.nodeId ?? '-'}`);
      return `persist ${parts.join(', ')}`;
    }
    case 'committed':
      return `committed ${describeEntries(output.entries)}`;
    case 'leadership':
      return `${output.role} in term ${output.term}, leader ${output.leader?.nodeId ?? '-'}`;
    case 'proposed':
      return `proposed ${output.index}/${output.term}`;
    case 'refused':
      return `refused: ${output.reason}`;
    case 'trimLog':
      return `trim log to ${output.startIndex}`;
    case 'messageRejected':
      return `rejected, ${output.reason}`;
    case 'readSnapshot':
      return `read snapshot ${output.snapshot.index} at ${output.positionBytes}`;
    case 'writeSnapshot':
      return `write snapshot ${output.snapshot.index} at ${output.positionBytes}: ${output.bytes.length} bytes`;
    case 'installSnapshot':
      return `install snapshot ${output.snapshot.index}/${output.snapshot.term}`;
    default:
      return output satisfies never;
  }
}

function describeMessage({ from, to, term, body }: Message): string {
  return `${from.nodeId}->${to.nodeId} term ${term} ${describeBody(body)}`;
}

function describeBody(body: MessageBody): string {
  switch (body.kind) {
    case 'voteRequest': {
      const kind = body.preVote ? 'pre-vote?' : 'vote?';
      return `${kind} last ${body.lastIndex}/${body.lastTerm}${body.transfer ? ' (handover)' : ''}`;
    }
    case 'voteResponse':
      return `${body.preVote ? 'pre-vote' : 'vote'} ${body.granted ? 'granted' : 'denied'}`;
    case 'append':
      return `append after ${body.prevIndex}/${body.prevTerm}: ${describeEntries(body.entries)} commit ${body.commitIndex}`;
    case 'appendAccepted':
      return `accepted to ${body.matchIndex}`;
    case 'appendRejected':
      return `rejected after ${body.prevIndex}, hint ${body.hintIndex}/${body.hintTerm}`;
    case 'snapshotChunk':
      return `snapshot ${body.snapshot.index}/${body.snapshot.term} at ${body.positionBytes}: ${body.bytes.length} bytes`;
    case 'snapshotProgress':
      return `snapshot ${body.snapshot.index}/${body.snapshot.term} wants ${body.positionBytes}${body.busy ? ' (busy)' : ''}`;
    case 'timeoutNow':
      return 'campaign now';
    case 'observe':
      return 'observe';
    case 'leaderHint':
      return `leader is ${body.leader.nodeId}`;
    default:
      return body satisfies never;
  }
}

function describeEntries(entries: Extract<Output, { kind: 'committed' }>['entries']): string {
  if (entries.length === 0) return 'nothing';
  return entries
    .map(({ index, term, kind, payload }) => {
      const text = kind === 'data' ? new TextDecoder().decode(payload) : kind;
      return `${index}/${term}:${text}`;
    })
    .join(' ');
}

function describeLog(node: TestReplica): string {
  return `disk of node ${node.replica.nodeId}: ${describeEntries(node.disk.entries)}`;
}

function describeStatus({ replica, running }: TestReplica): string {
  const { role, term, leader, commitIndex, lastIndex, voters } = running.status;
  const names = voters.map((voter) => `${voter.nodeId}/${voter.directoryId}`).join(' ');
  return `node ${replica.nodeId}: ${role} term ${term} leader ${leader?.nodeId ?? '-'} commit ${commitIndex} last ${lastIndex} voters ${names}`;
}
