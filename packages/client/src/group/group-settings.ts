import { checkTopicName } from '../cluster/topic-name.ts';
import {
  AUTO_OFFSET_RESET,
  type MembershipOptions,
  type OffsetReset,
  type RebalanceListener,
} from '../consumer/consumer-options.ts';
import { MoldauError } from '../errors.ts';
import type { Assignor, AssignorName } from './assignor.ts';
import { cooperativeStickyAssignor } from './cooperative-sticky-assignor.ts';
import { rangeAssignor } from './range-assignor.ts';

const ASSIGNORS: Readonly<Record<AssignorName, Assignor>> = {
  range: rangeAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
};

/** Options with their defaults. */
export interface ClientGroupSettings {
  readonly groupId: string;
  readonly topics: readonly string[] | RegExp;
  /** Empty: it has none. */
  readonly instanceId: string;
  readonly assignors: readonly Assignor[];
  readonly isCooperative: boolean;
  readonly autoOffsetReset: OffsetReset;
  readonly autoCommit: boolean;
  readonly autoCommitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxPollIntervalMs: number;
  readonly metadataMaxAgeMs: number;
  readonly listener: RebalanceListener;
}

/** Sent as an unsigned number of 32 bits. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** @throws MoldauError INVALID_ARGUMENT */
export function groupSettings(options: MembershipOptions): ClientGroupSettings {
  const {
    group,
    topics,
    assignors = ['cooperative-sticky'],
    instanceId = '',
    autoOffsetReset = AUTO_OFFSET_RESET,
  } = options;
  if (typeof group !== 'string' || group === '') throw invalid('a group has a name that is not empty');
  if (!(topics instanceof RegExp)) {
    if (topics.length === 0) throw invalid('a member of a group needs topics');
    for (const topic of topics) checkTopicName(topic);
  }
  if (options.instanceId === '') throw invalid('an instanceId is not empty');
  if (assignors.length === 0) throw invalid('a member needs an assignor');
  const ways = assignors.map((name) => {
    const assignor = ASSIGNORS[name];
    if (assignor === undefined)
      throw invalid(`there is no assignor ${name}: choose of ${Object.keys(ASSIGNORS).join(', ')}`);
    return assignor;
  });
  if (typeof autoOffsetReset === 'object')
    checkTime('autoOffsetReset.durationMs', autoOffsetReset.durationMs, Infinity);
  const settings = {
    groupId: group,
    topics,
    instanceId,
    assignors: ways,
    isCooperative: ways.every(({ isCooperative }) => isCooperative),
    autoOffsetReset,
    autoCommit: options.autoCommit ?? true,
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5_000,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3_000,
    maxPollIntervalMs: options.maxPollIntervalMs ?? 300_000,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 30_000,
    listener: options.listener ?? {},
  };
  for (const name of ['autoCommitIntervalMs', 'sessionTimeoutMs', 'maxPollIntervalMs', 'metadataMaxAgeMs'] as const) {
    checkTime(name, settings[name], TIMEOUT_MS_MAX);
  }
  // Two may be lost without the session ending.
  checkTime('heartbeatIntervalMs', settings.heartbeatIntervalMs, Math.floor(settings.sessionTimeoutMs / 3));
  return settings;
}

function checkTime(name: string, timeMs: number, most: number): void {
  if (Number.isSafeInteger(timeMs) && timeMs >= 1 && timeMs <= most) return;
  const bound = most === Infinity ? '' : `, at most ${most}`;
  throw invalid(`${name} is in whole ms from 1${bound}, not ${timeMs}`);
}

function invalid(message: string): MoldauError {
  return new MoldauError('INVALID_ARGUMENT', message);
}
