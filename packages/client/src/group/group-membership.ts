import { type AbortSignalLike, type ErrorCode, errorCodeFromNumber, NO_ERROR, type Timer } from '@moldau/base';
import { ApiService, type JoinGroupResponse, type MemberAssignment } from '@moldau/proto';
import type { OnUnreadable } from '../consumer/partition-reader.ts';
import type { ReaderSet } from '../consumer/reader-set.ts';
import { MoldauError } from '../errors.ts';
import type { PartitionName } from '../partition-name.ts';
import { abortable, deferred, Ending, within } from '../waiting.ts';
import type { CommittedOffset, OffsetAndMetadata } from './committed-offset.ts';
import { type Commit, Committer } from './committer.ts';
import { Coordinator } from './coordinator.ts';
import { groupError } from './group-errors.ts';
import { GroupMember, type MemberChange, type MemberEffect } from './group-member.ts';
import { fetchCommitted } from './group-offsets.ts';
import type { ClientGroupSettings } from './group-settings.ts';
import type { GroupSource } from './group-source.ts';
import { assignedIn, assignmentsOf, joinRequest, viewsOf } from './member-messages.ts';
import { PartitionChanges } from './partition-changes.ts';
import { SubscribedTopics } from './subscribed-topics.ts';

/** What a membership has of its consumer. */
export interface MembershipHooks {
  readonly readers: ReaderSet;
  readonly onUnreadable: OnUnreadable | undefined;
  /** A loop that waits is to look again. */
  readonly changed: () => void;
}

const COMMIT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;
const LEAVE_TIMEOUT_MS = 2_000;
/** A coordinator answers a join when the rebalance is over, at the latest when its time is up, and a little more. */
const JOIN_SLACK_MS = 5_000;

/**
 * Carries out what {@link GroupMember} decides: talks to the coordinator, gives partitions to the consumer and takes them
 * away, tells the listener, commits. The application is never interrupted: what it is at is waited for.
 */
export class GroupMembership {
  readonly #source: GroupSource;
  readonly #settings: ClientGroupSettings;
  readonly #hooks: MembershipHooks;
  readonly #member: GroupMember;
  readonly #coordinator: Coordinator;
  readonly #committer: Committer;
  readonly #partitions: PartitionChanges;
  readonly #topics: SubscribedTopics;
  readonly #ending = new Ending();
  readonly #unsubscribe: () => void;
  readonly #started = deferred<void>();
  readonly #left = deferred<void>();
  /** The group is being told that this member goes; done when there is nothing to be told. */
  #leaving: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  /** When the application was last handed something; Infinity while it waits for more. */
  #busySinceMs = Infinity;
  #isClosing = false;
  #joined: JoinGroupResponse | undefined;
  #joinedTopics = '';
  /** What the last assignment of this leader was made of. */
  #shared: { readonly topics: readonly string[]; readonly fingerprint: string } | undefined;
  #commitAtMs: number;
  #lookAtMs: number;
  #timer: Timer | undefined;

  constructor(source: GroupSource, settings: ClientGroupSettings, hooks: MembershipHooks) {
    this.#source = source;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#member = new GroupMember(settings);
    this.#coordinator = new Coordinator(source, settings.groupId);
    this.#topics = new SubscribedTopics(source, settings.topics);
    this.#committer = new Committer(source, this.#coordinator, {
      readers: hooks.readers,
      member: () => this.#committingMember(),
      refused: (code, generation) => this.#run(this.#member.heard(code, generation, this.#nowMs())),
    });
    this.#partitions = new PartitionChanges(source, settings, {
      coordinator: this.#coordinator,
      committer: this.#committer,
      readers: hooks.readers,
      onUnreadable: hooks.onUnreadable,
      listener: settings.listener,
      isMember: () => this.#member.generation >= 0,
      ending: this.#ending,
    });
    const nowMs = this.#nowMs();
    this.#commitAtMs = settings.autoCommit ? nowMs + settings.autoCommitIntervalMs : Infinity;
    this.#lookAtMs = nowMs + settings.metadataMaxAgeMs;
    this.#unsubscribe = source.metadata.onChange(() => this.#checkTopics());
  }

  /** Enters the group; done when it is assigned something or nothing. @throws what {@link throwFailure} throws, and MoldauError */
  async start(): Promise<void> {
    await this.#topics.look(this.#ending);
    this.#run(this.#member.start(this.#nowMs()));
    await abortable(this.#started.promise, this.#ending);
    this.throwFailure();
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** The application comes for more: what it had is processed. */
  polled(): void {
    this.#busySinceMs = Infinity;
    this.#partitions.handedBack();
    const isOut = this.#member.state === 'out' && this.#joined !== undefined && !this.hasFailed;
    if (isOut) this.#run(this.#member.start(this.#nowMs()));
  }

  handedOut(): void {
    this.#busySinceMs = this.#nowMs();
  }

  /** @throws MoldauError */
  async commit(
    offsets: readonly OffsetAndMetadata[] | undefined,
    options: { readonly signal?: AbortSignalLike; readonly timeoutMs?: number },
  ): Promise<void> {
    this.throwFailure();
    const signal = new Ending(this.#ending, options.signal);
    try {
      const commits = offsets === undefined ? this.#delivered() : offsets.map((each) => this.#asked(each));
      for (const { reader, place } of commits) this.#hooks.readers.processedUpTo(reader, place);
      await this.#committer.commit(commits, { timeoutMs: options.timeoutMs ?? COMMIT_TIMEOUT_MS, signal });
    } finally {
      signal.unlink();
    }
  }

  /** @throws MoldauError */
  async committed(
    partitions: readonly PartitionName[],
    options: { readonly signal?: AbortSignalLike; readonly timeoutMs?: number },
  ): Promise<readonly CommittedOffset[]> {
    const signal = new Ending(this.#ending, options.signal);
    try {
      const limits = { timeoutMs: options.timeoutMs ?? COMMIT_TIMEOUT_MS, signal };
      return await fetchCommitted(this.#coordinator, partitions, limits);
    } finally {
      signal.unlink();
    }
  }

  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.#isClosing = true;
    this.#partitions.waitNoMore();
    if (drain && this.#joined !== undefined && !this.hasFailed) {
      this.#run(this.#member.close(this.#nowMs()));
      const { timers, logger } = this.#source.ports;
      const late = (): MoldauError => new MoldauError('TIMED_OUT', `not left within ${CLOSE_TIMEOUT_MS} ms`);
      await within(timers, this.#left.promise, { timeoutMs: CLOSE_TIMEOUT_MS, signal: undefined, late }).catch(
        (error: unknown) => logger.warn('consumer.leave_failed', { group: this.#settings.groupId, err: error }),
      );
    }
    // Who failed, or was too slow, may be on the way out just now: cut short, the group would wait for the end of the session.
    if (drain) await Promise.allSettled([this.#leaving]);
    this.#ending.end(new MoldauError('CLOSED', 'the consumer is closed'));
    this.#unsubscribe();
    this.#timer?.cancel();
  }

  #nowMs(): number {
    return this.#source.ports.clock.nowMs();
  }

  #run(effects: readonly MemberEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'join':
          this.#background(this.#join(effect.attempt));
          break;
        case 'sync':
          this.#background(this.#sync(effect.attempt));
          break;
        case 'heartbeat':
          this.#background(this.#heartbeat());
          break;
        case 'leave':
          this.#leaving = this.#leave(effect.memberId);
          this.#background(this.#leaving);
          break;
        case 'change':
          this.#background(this.#change(effect));
          break;
        case 'fail':
          this.#fail(groupError(effect.code, this.#settings.groupId));
          break;
      }
    }
    if (this.#member.state === 'left' && !effects.some(({ kind }) => kind === 'leave')) this.#left.resolve();
    if (this.#member.state === 'stable') {
      this.#started.resolve();
      this.#checkTopics();
    }
    this.#arm();
  }

  /** What it throws ends the membership, unless that has ended already. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#ending.aborted) this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#source.ports.logger.error('consumer.group_failed', { group: this.#settings.groupId, err: error });
    this.#run(this.#member.stall(this.#nowMs()));
    this.#background(this.#partitions.loseAll());
    this.#started.resolve();
    this.#hooks.changed();
    this.#left.resolve();
  }

  async #join(attempt: number): Promise<void> {
    const { names } = this.#topics;
    this.#joinedTopics = names.join('\n');
    const request = joinRequest(this.#settings, names, this.#member);
    const timeoutMs = this.#settings.maxPollIntervalMs + JOIN_SLACK_MS;
    const answer = await this.#attempt(attempt, () =>
      this.#coordinator.ask(ApiService.joinGroup, request, codeOf, { timeoutMs, signal: this.#ending }),
    );
    if (answer === undefined) return;
    this.#joined = answer;
    const { memberId, generation, protocol, leader } = answer;
    const error = errorOf(answer.errorCode);
    this.#run(this.#member.joined(attempt, { error, memberId, generation, protocol, leader }, this.#nowMs()));
  }

  async #sync(attempt: number): Promise<void> {
    const { memberId, generation, protocol = '' } = this.#member;
    const { groupId, instanceId, maxPollIntervalMs } = this.#settings;
    const answer = await this.#attempt(attempt, async () => {
      const assignments = this.#member.isLeader ? await this.#share() : [];
      const request = { groupId, memberId, instanceId, generation, protocolType: 'consumer', protocol, assignments };
      const timeoutMs = maxPollIntervalMs + JOIN_SLACK_MS;
      return await this.#coordinator.ask(ApiService.syncGroup, request, codeOf, { timeoutMs, signal: this.#ending });
    });
    if (answer === undefined) return;
    const error = errorOf(answer.errorCode);
    const assigned = error === undefined ? assignedIn(answer.assignment) : [];
    if (error === undefined) {
      const { ports } = this.#source;
      ports.logger.info('consumer.group_generation', {
        group: groupId,
        memberId,
        generation,
        partitions: assigned.length,
      });
    }
    this.#run(this.#member.synced(attempt, error, assigned, this.#nowMs()));
  }

  /** What each member is to read, for those of this generation. */
  async #share(): Promise<readonly MemberAssignment[]> {
    const { members = [], skipAssignment = false } = this.#joined ?? {};
    const views = viewsOf(members, this.#source.ports.logger);
    const topics = [...new Set(views.flatMap((each) => each.topics))];
    const counts = await this.#topics.counts(topics);
    this.#shared = { topics, fingerprint: this.#topics.fingerprint(topics) };
    const assignor = this.#settings.assignors.find(({ name }) => name === this.#member.protocol);
    if (assignor === undefined) throw groupError('INCONSISTENT_GROUP_PROTOCOL', this.#settings.groupId);
    return skipAssignment ? [] : assignmentsOf(assignor.assign(views, counts));
  }

  /** undefined: no answer; the member has heard of it. */
  async #attempt<T>(attempt: number, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof MoldauError && error.retriable)) throw error;
      const { code, message } = error;
      this.#source.ports.logger.debug('consumer.group_unanswered', { group: this.#settings.groupId, code, message });
      this.#run(this.#member.unanswered(attempt, this.#nowMs()));
      return undefined;
    }
  }

  async #heartbeat(): Promise<void> {
    const { memberId, generation } = this.#member;
    const { groupId, instanceId, sessionTimeoutMs } = this.#settings;
    const request = { groupId, memberId, instanceId, generation };
    const limits = { timeoutMs: Math.ceil(sessionTimeoutMs / 3), signal: this.#ending };
    try {
      const answer = await this.#coordinator.ask(ApiService.groupHeartbeat, request, codeOf, limits);
      this.#run(this.#member.heartbeaten(errorOf(answer.errorCode), generation, this.#nowMs()));
    } catch (error) {
      if (!(error instanceof MoldauError && error.retriable)) throw error;
      this.#member.heartbeatLost(this.#nowMs());
      this.#arm();
    }
  }

  async #leave(memberId: string): Promise<void> {
    const { groupId, instanceId } = this.#settings;
    const request = { groupId, members: [{ memberId, instanceId }] };
    const limits = { timeoutMs: LEAVE_TIMEOUT_MS, signal: this.#ending };
    try {
      await this.#coordinator.ask(ApiService.leaveGroup, request, codeOf, limits);
    } catch (error) {
      if (!(error instanceof MoldauError)) throw error;
      // Its session ends by itself.
      this.#source.ports.logger.debug('consumer.leave_unanswered', { group: groupId, code: error.code });
    }
    if (this.#member.state === 'left') this.#left.resolve();
  }

  async #change(change: MemberChange): Promise<void> {
    if (!(await this.#partitions.carryOut(change))) return;
    this.#hooks.changed();
    this.#run(this.#member.changed(this.#nowMs()));
  }

  #delivered(): readonly Commit[] {
    return this.#hooks.readers.all.flatMap((reader) => {
      return reader.place === undefined ? [] : [{ reader, place: reader.place, metadata: '' }];
    });
  }

  /** @throws MoldauError INVALID_ARGUMENT */
  #asked({ topic, partition, offset, metadata = '' }: OffsetAndMetadata): Commit {
    const reader = this.#hooks.readers.find({ topic, partition });
    const details = { topic, partition };
    if (reader === undefined)
      throw new MoldauError('INVALID_ARGUMENT', `${topic}/${partition} is not assigned to this member`, details);
    if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER))
      throw new MoldauError('INVALID_ARGUMENT', `there is no offset ${offset}`, details);
    const { place } = reader;
    // The epoch is known of the place that was delivered up to, and of no other.
    const leaderEpoch = place?.offset === Number(offset) ? place.leaderEpoch : -1;
    return { reader, place: { offset: Number(offset), leaderEpoch }, metadata };
  }

  #committingMember() {
    const { memberId, generation, state } = this.#member;
    const isSettled = state === 'stable' || state === 'changing';
    return { memberId, generation, isSettled, instanceId: this.#settings.instanceId };
  }

  /** Topics may have changed: the leader has the group share anew, and a member that wants others says so. */
  #checkTopics(): void {
    if (this.#member.state !== 'stable') return;
    this.#restartRecreated();
    const wantsOthers = this.#topics.names.join('\n') !== this.#joinedTopics;
    const hasChanged =
      this.#member.isLeader &&
      this.#shared !== undefined &&
      this.#topics.fingerprint(this.#shared.topics) !== this.#shared.fingerprint;
    if (wantsOthers || hasChanged) this.#run(this.#member.rejoin(this.#nowMs()));
  }

  /** A topic that was made anew under the same name begins at its beginning: nobody has read any of it. */
  #restartRecreated(): void {
    const { readers } = this.#hooks;
    for (const reader of readers.all) {
      const topicId = this.#source.metadata.topic(reader.topic)?.topicId;
      if (topicId === undefined || topicId === reader.topicId) continue;
      const isAnother = reader.topicId !== '';
      reader.topicId = topicId;
      if (!isAnother) continue;
      reader.seek('earliest');
      readers.restart(reader);
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#topics.look(this.#ending);
    } catch (error) {
      if (!(error instanceof MoldauError && error.retriable)) throw error;
      this.#source.ports.logger.debug('consumer.topics_unanswered', { code: error.code, message: error.message });
    }
    this.#checkTopics();
  }

  #arm(): void {
    this.#timer?.cancel();
    if (this.#ending.aborted || this.hasFailed) return;
    const dueMs = Math.min(this.#member.dueMs, this.#stallsAtMs, this.#commitAtMs, this.#lookAtMs);
    this.#timer = this.#source.ports.timers.after(Math.max(dueMs - this.#nowMs(), 0), () => this.#tick());
  }

  get #stallsAtMs(): number {
    const { state } = this.#member;
    const isIn = state !== 'out' && state !== 'left' && state !== 'failed';
    return isIn && !this.#isClosing ? this.#busySinceMs + this.#settings.maxPollIntervalMs : Infinity;
  }

  #tick(): void {
    const nowMs = this.#nowMs();
    const { autoCommitIntervalMs, metadataMaxAgeMs, groupId, maxPollIntervalMs } = this.#settings;
    if (nowMs >= this.#stallsAtMs) {
      this.#source.ports.logger.warn('consumer.stalled', { group: groupId, maxPollIntervalMs });
      this.#run(this.#member.stall(nowMs));
    }
    if (nowMs >= this.#commitAtMs) {
      this.#commitAtMs = nowMs + autoCommitIntervalMs;
      if (this.#member.generation >= 0) {
        this.#background(this.#partitions.autoCommit(this.#hooks.readers.all, autoCommitIntervalMs));
      }
    }
    if (nowMs >= this.#lookAtMs) {
      this.#lookAtMs = nowMs + metadataMaxAgeMs;
      this.#background(this.#look());
    }
    this.#run(this.#member.tick(nowMs));
  }
}

function codeOf({ errorCode }: { readonly errorCode: number }): number {
  return errorCode;
}

function errorOf(code: number): ErrorCode | undefined {
  return code === NO_ERROR ? undefined : errorCodeFromNumber(code);
}
