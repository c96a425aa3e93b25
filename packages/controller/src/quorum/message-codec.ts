import { MalformedBytesError } from '@moldau/base';
import type { QuorumEntryKind, QuorumMessage, QuorumPeer, QuorumSnapshot } from '@moldau/proto';
import {
  decodeVoters,
  type Entry,
  type Message,
  type MessageBody,
  type Replica,
  type SnapshotMeta,
} from '@moldau/raft';

/** Terms and indexes are counted up from what comes in; this leaves room to do so. */
const COUNT_MAX = Number.MAX_SAFE_INTEGER - 2 ** 32;

/** Raft's messages as quorum.proto has them. What comes in is checked here, so that the machine may trust its form. */
export function toWire({ protocolVersion, clusterId, from, to, term, body }: Message): QuorumMessage {
  return {
    protocolVersion,
    clusterId,
    from,
    toNodeId: to.nodeId,
    toDirectoryId: to.directoryId,
    term,
    body: bodyToWire(body),
  };
}

function bodyToWire(body: MessageBody): QuorumMessage['body'] {
  switch (body.kind) {
    case 'append':
      return {
        kind: 'append',
        value: { ...body, entries: body.entries.map(({ term, kind, payload }) => ({ term, kind, payload })) },
      };
    case 'snapshotChunk':
      return { kind: 'snapshotChunk', value: { ...body, snapshot: snapshotToWire(body.snapshot) } };
    case 'snapshotProgress':
      return { kind: 'snapshotProgress', value: { ...body, snapshot: snapshotToWire(body.snapshot) } };
    case 'voteRequest':
      return { kind: 'voteRequest', value: body };
    case 'voteResponse':
      return { kind: 'voteResponse', value: body };
    case 'appendAccepted':
      return { kind: 'appendAccepted', value: body };
    case 'appendRejected':
      return { kind: 'appendRejected', value: body };
    case 'leaderHint':
      return { kind: 'leaderHint', value: body };
    case 'timeoutNow':
      return { kind: 'timeoutNow', value: {} };
    case 'observe':
      return { kind: 'observe', value: {} };
    default:
      return body satisfies never;
  }
}

/** @throws MalformedBytesError when something is missing or out of range */
export function fromWire(message: QuorumMessage): Message {
  const { protocolVersion, clusterId, from, toNodeId, toDirectoryId, term, body } = message;
  return {
    protocolVersion,
    clusterId,
    from: replica(from),
    to: { nodeId: toNodeId, directoryId: toDirectoryId },
    term: count(term),
    body: bodyFromWire(needed(body)),
  };
}

function bodyFromWire(body: NonNullable<QuorumMessage['body']>): MessageBody {
  switch (body.kind) {
    case 'voteRequest': {
      const { preVote, transfer, lastIndex, lastTerm } = body.value;
      return { kind: 'voteRequest', preVote, transfer, lastIndex: count(lastIndex), lastTerm: count(lastTerm) };
    }
    case 'voteResponse':
      return { kind: 'voteResponse', preVote: body.value.preVote, granted: body.value.granted };
    case 'append': {
      const prevIndex = count(body.value.prevIndex);
      const entries = body.value.entries.map(({ term, kind, payload }, position): Entry => {
        if (kind === 'voters') checkVoters(payload);
        // The log keeps it for long: a copy lets go of the message it came in. (slice() of a Buffer is no copy.)
        return {
          index: prevIndex + 1 + position,
          term: count(term),
          kind: entryKind(kind),
          payload: new Uint8Array(payload),
        };
      });
      return {
        kind: 'append',
        prevIndex,
        prevTerm: count(body.value.prevTerm),
        entries,
        commitIndex: count(body.value.commitIndex),
      };
    }
    case 'appendAccepted':
      return { kind: 'appendAccepted', matchIndex: count(body.value.matchIndex) };
    case 'appendRejected': {
      const { prevIndex, hintIndex, hintTerm } = body.value;
      return {
        kind: 'appendRejected',
        prevIndex: count(prevIndex),
        hintIndex: count(hintIndex),
        hintTerm: count(hintTerm),
      };
    }
    case 'snapshotChunk': {
      const { positionBytes, bytes } = body.value;
      return {
        kind: 'snapshotChunk',
        snapshot: snapshotFromWire(body.value.snapshot),
        positionBytes: count(positionBytes),
        bytes,
      };
    }
    case 'snapshotProgress': {
      const { positionBytes, busy } = body.value;
      return {
        kind: 'snapshotProgress',
        snapshot: snapshotFromWire(body.value.snapshot),
        positionBytes: count(positionBytes),
        busy,
      };
    }
    case 'timeoutNow':
      return { kind: 'timeoutNow' };
    case 'observe':
      return { kind: 'observe' };
    case 'leaderHint':
      return { kind: 'leaderHint', leader: replica(body.value.leader) };
    default:
      return body satisfies never;
  }
}

function snapshotToWire(snapshot: SnapshotMeta): QuorumSnapshot {
  return { ...snapshot, voters: [...snapshot.voters] };
}

function snapshotFromWire(snapshot: QuorumSnapshot | undefined): SnapshotMeta {
  const { index, term, voters, sizeBytes, checksum } = needed(snapshot);
  if (sizeBytes < 1) throw new MalformedBytesError('a snapshot has no bytes');
  return { index: count(index), term: count(term), voters: voters.map(replica), sizeBytes, checksum };
}

/** The machine reads a voter set as soon as it is in its log, and could not take it out again. */
function checkVoters(payload: Uint8Array): void {
  try {
    decodeVoters(payload);
  } catch (error) {
    if (error instanceof TypeError) throw new MalformedBytesError('a voter set holds what is no text');
    throw error;
  }
}

function entryKind(kind: QuorumEntryKind): Entry['kind'] {
  if (kind === 'unspecified') throw new MalformedBytesError('an entry is of a kind this version does not know');
  return kind;
}

function replica(peer: QuorumPeer | undefined): Replica {
  const { nodeId, directoryId, address } = needed(peer);
  return { nodeId, directoryId, address };
}

function count(value: number): number {
  if (value > COUNT_MAX) throw new MalformedBytesError(`an index, term or position cannot grow any more: ${value}`);
  if (value < 0) throw new MalformedBytesError(`an index, term or position is negative: ${value}`);
  return value;
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new MalformedBytesError('a quorum message lacks a part');
  return value;
}
