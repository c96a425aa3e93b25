import type { RpcCloseReason, RpcStream } from '@moldau/base';
import { type ClusterImage, decodeBatch, encodeBatch } from '@moldau/metadata';
import type { FollowMetadataRequest, FollowMetadataResponse } from '@moldau/proto';
import { describe, expect, test } from 'vitest';
import { CommittedLog } from '../src/metadata-feed/committed-log.ts';
import { type FeedSource, MetadataFeed } from '../src/metadata-feed/metadata-feed.ts';
import { apply, cluster } from './images.ts';

/** The far end of a stream: what arrived, and whether it takes more. */
class Follower implements RpcStream<FollowMetadataResponse> {
  readonly received: FollowMetadataResponse[] = [];
  closed: RpcCloseReason | undefined;
  takes = true;

  send(message: FollowMetadataResponse): boolean {
    this.received.push(message);
    return this.takes;
  }

  ready(): boolean {
    return this.takes;
  }

  pause(): void {
    this.takes = false;
  }

  resume(): void {
    this.takes = true;
  }

  close(reason?: RpcCloseReason): void {
    this.closed = reason ?? { code: 'ended', message: '' };
  }

  get offsets(): number[] {
    return this.received.flatMap(({ part }) =>
      part?.kind === 'batches' ? part.value.batches.map(({ offset }) => offset) : [],
    );
  }

  get chunks(): number {
    return this.received.filter(({ part }) => part?.kind === 'snapshot').length;
  }
}

class Source implements FeedSource {
  image: ClusterImage = cluster();
  readonly log: CommittedLog = new CommittedLog();
  readonly clusterId = 'moldau';
  inContact = true;

  constructor() {
    this.log.reset(this.image);
  }

  commit(count: number, valueBytes = 1): void {
    for (let index = 0; index < count; index++) {
      const value = 'v'.repeat(valueBytes);
      const records = [
        {
          record: {
            kind: 'config' as const,
            value: { resourceType: 'cluster' as const, resourceName: '', name: `c${index % 2}`, value },
          },
        },
      ];
      this.image = apply(this.image, records);
      this.log.append({ offset: this.image.offset, epoch: 1, bytes: encodeBatch(records, 0) });
    }
  }
}

function follow(
  source: Source,
  fields: Partial<FollowMetadataRequest> = {},
): { follower: Follower; feed: MetadataFeed } {
  const follower = new Follower();
  const feed = new MetadataFeed(source, follower, () => undefined);
  feed.onMessage(request({ appliedOffset: source.image.offset, appliedEpoch: 1, creditBytes: 1_000_000, ...fields }));
  return { follower, feed };
}

function request(fields: Partial<FollowMetadataRequest>): FollowMetadataRequest {
  return { clusterId: 'moldau', nodeId: 1, appliedOffset: 0, appliedEpoch: 0, creditBytes: 0, ...fields };
}

describe('a feed', () => {
  test('says at once how far the log is committed, then sends each batch once, in order', () => {
    const source = new Source();
    const { follower, feed } = follow(source);
    const start = source.image.offset;
    expect(follower.received).toEqual([{ part: { kind: 'batches', value: { batches: [], committedOffset: start } } }]);
    source.commit(2);
    feed.pump(false);
    source.commit(1);
    feed.pump(false);
    feed.pump(false);
    expect(follower.offsets).toEqual([start + 1, start + 2, start + 3]);
    const idle = follower.received.length;
    feed.pump(true);
    expect(follower.received.length).toBe(idle + 1);
  });

  test('stops without credit and goes on with more', () => {
    const source = new Source();
    const { follower, feed } = follow(source, { creditBytes: 1 });
    const start = source.image.offset;
    source.commit(3, 300_000);
    feed.pump(false);
    expect(follower.offsets).toEqual([start + 1]);
    feed.onMessage(request({ creditBytes: 300_000 }));
    expect(follower.offsets).toEqual([start + 1]);
    feed.onMessage(request({ creditBytes: 1_000 }));
    expect(follower.offsets).toEqual([start + 1, start + 2]);
  });

  test('waits while the transport takes nothing', () => {
    const source = new Source();
    const { follower, feed } = follow(source);
    follower.pause();
    source.commit(5);
    feed.pump(true);
    expect(follower.offsets).toEqual([]);
    follower.resume();
    feed.onReady();
    expect(follower.offsets).toHaveLength(5);
  });

  test('gives a snapshot when the log no longer reaches back, also to one that was too slow', () => {
    const source = new Source();
    const old = follow(source, { appliedOffset: 1, appliedEpoch: 1 });
    expect(old.follower.chunks).toBe(1);
    const part = old.follower.received[0]?.part;
    expect(part?.kind === 'snapshot' && part.value.last && decodeBatch(part.value.batch).records.length > 3).toBe(true);

    const slow = follow(source, { creditBytes: 0 });
    // Beyond what the log keeps: half of it is dropped.
    source.commit(10_001);
    slow.feed.onMessage(request({ creditBytes: 10_000_000 }));
    expect(slow.follower.chunks).toBe(1);
    expect(slow.follower.offsets).toEqual([]);
    source.commit(1);
    slow.feed.pump(false);
    expect(slow.follower.offsets).toEqual([source.image.offset]);
  });

  test('pins the snapshot that it sends: what is committed meanwhile comes after it', () => {
    const source = new Source();
    const { follower, feed } = follow(source, { appliedOffset: 1, appliedEpoch: 1, creditBytes: 0 });
    const pinned = source.image.offset;
    source.commit(2);
    feed.onMessage(request({ creditBytes: 1_000_000 }));
    const [first] = follower.received;
    expect(first?.part?.kind === 'snapshot' && first.part.value.offset).toBe(pinned);
    expect(follower.offsets).toEqual([pinned + 1, pinned + 2]);
  });

  test('of a node that is behind its follower waits, and then compares epochs', () => {
    const source = new Source();
    const next = source.image.offset + 1;
    const ahead = follow(source, { appliedOffset: next, appliedEpoch: 1 });
    const stranger = follow(source, { appliedOffset: next, appliedEpoch: 7 });
    expect(ahead.follower.received).toEqual([]);
    source.commit(2);
    ahead.feed.pump(false);
    stranger.feed.pump(false);
    expect(ahead.follower.offsets).toEqual([next + 1]);
    expect(stranger.follower.closed?.message).toMatch(/another history/);
    expect(stranger.follower.offsets).toEqual([]);
  });

  test('of a node without contact to the quorum sends what it has, and is silent otherwise', () => {
    const source = new Source();
    source.inContact = false;
    const { follower, feed } = follow(source);
    feed.pump(true);
    expect(follower.received).toEqual([]);
    source.commit(1);
    feed.pump(false);
    expect(follower.offsets).toEqual([source.image.offset]);
    source.inContact = true;
    feed.pump(true);
    expect(follower.received).toHaveLength(2);
  });

  test('is refused to another cluster', () => {
    expect(follow(new Source(), { clusterId: 'other' }).follower.closed?.message).toMatch(/belongs to cluster other/);
  });
});
