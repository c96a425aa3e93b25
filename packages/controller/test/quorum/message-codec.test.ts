import { MalformedBytesError, utf8Encode } from '@moldau/base';
import { QuorumMessage } from '@moldau/proto';
import { encodeVoters, type Message, type MessageBody, RAFT_PROTOCOL_VERSIONS, type SnapshotMeta } from '@moldau/raft';
import { expect, test } from 'vitest';
import { fromWire, toWire } from '../../src/quorum/message-codec.ts';

const FROM = { nodeId: 1, directoryId: 'd1', address: 'host1:19090' };
const SNAPSHOT: SnapshotMeta = { index: 9, term: 2, voters: [FROM], sizeBytes: 100, checksum: 4_000_000_000 };

const BODIES: readonly MessageBody[] = [
  { kind: 'voteRequest', preVote: true, transfer: false, lastIndex: 7, lastTerm: 2 },
  { kind: 'voteResponse', preVote: false, granted: true },
  {
    kind: 'append',
    prevIndex: 7,
    prevTerm: 2,
    entries: [
      { index: 8, term: 3, kind: 'noop', payload: new Uint8Array(0) },
      { index: 9, term: 3, kind: 'data', payload: utf8Encode('x') },
      { index: 10, term: 3, kind: 'voters', payload: encodeVoters([FROM]) },
    ],
    commitIndex: 6,
  },
  { kind: 'append', prevIndex: 0, prevTerm: 0, entries: [], commitIndex: 0 },
  { kind: 'appendAccepted', matchIndex: 2 ** 52 },
  { kind: 'appendRejected', prevIndex: 9, hintIndex: 4, hintTerm: 1 },
  { kind: 'snapshotChunk', snapshot: SNAPSHOT, positionBytes: 50, bytes: utf8Encode('bytes') },
  { kind: 'snapshotProgress', snapshot: SNAPSHOT, positionBytes: 0, busy: true },
  { kind: 'timeoutNow' },
  { kind: 'observe' },
  { kind: 'leaderHint', leader: FROM },
];

function message(body: MessageBody): Message {
  return {
    protocolVersion: RAFT_PROTOCOL_VERSIONS.max,
    clusterId: 'c',
    from: FROM,
    to: { nodeId: 2, directoryId: '' },
    term: 3,
    body,
  };
}

test.each(BODIES.map((body) => [body.kind, body] as const))('%s arrives as it was sent', (_, body) => {
  const bytes = new Uint8Array(QuorumMessage.encode(toWire(message(body))));
  expect(fromWire(QuorumMessage.decode(bytes))).toEqual(message(body));
});

test('an entry does not share the memory of the message it came in', () => {
  const bytes = QuorumMessage.encode(
    toWire(
      message({
        kind: 'append',
        prevIndex: 0,
        prevTerm: 0,
        entries: [{ index: 1, term: 1, kind: 'data', payload: utf8Encode('kept') }],
        commitIndex: 0,
      }),
    ),
  );
  const { body } = fromWire(QuorumMessage.decode(bytes));
  bytes.fill(0);
  expect(body).toMatchObject({ entries: [{ payload: utf8Encode('kept') }] });
});

test('a message that lacks a part, or counts below zero, is refused', () => {
  const good = toWire(message({ kind: 'appendAccepted', matchIndex: 1 }));
  expect(() => fromWire({ ...good, from: undefined })).toThrow(MalformedBytesError);
  expect(() => fromWire({ ...good, body: undefined })).toThrow(MalformedBytesError);
  expect(() => fromWire({ ...good, term: -1 })).toThrow(MalformedBytesError);
  expect(() => fromWire({ ...good, body: { kind: 'appendAccepted', value: { matchIndex: -1 } } })).toThrow(
    MalformedBytesError,
  );
  expect(() => fromWire({ ...good, term: Number.MAX_SAFE_INTEGER })).toThrow(MalformedBytesError);
  const badText = encodeVoters([FROM]);
  badText.fill(255, badText.length - 4);
  for (const entry of [
    { term: 1, kind: 'unspecified' as const, payload: new Uint8Array(0) },
    { term: 1, kind: 'voters' as const, payload: new Uint8Array(0) },
    { term: 1, kind: 'voters' as const, payload: badText },
  ]) {
    const append = { prevIndex: 0, prevTerm: 0, entries: [entry], commitIndex: 0 };
    expect(() => fromWire({ ...good, body: { kind: 'append', value: append } })).toThrow(MalformedBytesError);
  }
});
