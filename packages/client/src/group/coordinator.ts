import {
  type AbortSignalLike,
  type ErrorCode,
  errorCodeFromNumber,
  isRetriable,
  NO_ERROR,
  type UnaryMethod,
} from '@moldau/base';
import { ApiService, type FindCoordinatorResponse } from '@moldau/proto';
import { errorFromCall, MoldauError } from '../errors.ts';
import { abortable, backoffMs, delay, throwIfAborted } from '../waiting.ts';
import { groupError } from './group-errors.ts';
import { isElsewhere } from './group-member.ts';
import type { GroupSource } from './group-source.ts';

/** How long a call may take and who may end it. */
export interface CoordinatorOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignalLike | undefined;
}

/** The broker says nothing for longer: it is cut off, or somebody else is the coordinator by now. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/** The coordinator of one group, wherever it is just now. */
export class Coordinator {
  readonly groupId: string;
  readonly #source: GroupSource;
  #found: FindCoordinatorResponse | undefined;

  constructor(source: GroupSource, groupId: string) {
    this.#source = source;
    this.groupId = groupId;
  }

  /**
   * One attempt. A coordinator that does not answer, or says that it is none, is looked for anew in the next.
   *
   * @param codeOf of the answer as a whole
   * @throws MoldauError what keeps the call from being answered
   */
  async ask<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    codeOf: (response: Response) => number | undefined,
    { timeoutMs, signal }: CoordinatorOptions,
  ): Promise<Response> {
    const { connections } = this.#source;
    const { grpcAddress: address } = await this.#find({ timeoutMs, signal });
    const limits = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
    let response: Response;
    try {
      response = await abortable(connections.channel(address).call(method, request, limits), signal);
    } catch (error) {
      this.#forget(address);
      throwIfAborted(signal);
      throw errorFromCall(error);
    }
    if (isElsewhere(errorCodeFromNumber(codeOf(response) ?? NO_ERROR))) this.#forget(address);
    return response;
  }

  /**
   * Until the answer is none that passes by itself.
   *
   * @throws MoldauError what was wrong when the time was up; not what the answer says
   */
  async askUntil<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    codeOf: (response: Response) => number | undefined,
    { timeoutMs, signal }: CoordinatorOptions,
  ): Promise<Response> {
    const { clock, timers, random } = this.#source.ports;
    const deadlineMs = clock.nowMs() + timeoutMs;
    for (let attempts = 1; ; attempts++) {
      throwIfAborted(signal);
      const leftMs = Math.max(deadlineMs - clock.nowMs(), 1);
      const waitMs = backoffMs(random, attempts);
      const isLast = leftMs <= waitMs;
      let code: ErrorCode | undefined;
      try {
        const attempt = { timeoutMs: Math.min(leftMs, ATTEMPT_TIMEOUT_MS), signal };
        const response = await this.ask(method, request, codeOf, attempt);
        const number = codeOf(response) ?? NO_ERROR;
        code = number === NO_ERROR ? undefined : errorCodeFromNumber(number);
        if (code === undefined || !isRetriable(code)) return response;
      } catch (error) {
        if (!(error instanceof MoldauError && error.retriable) || isLast) throw error;
      }
      if (isLast && code !== undefined) throw groupError(code, this.groupId);
      await delay(timers, waitMs, signal);
    }
  }

  /** The broker's id. @throws MoldauError */
  async brokerId(options: CoordinatorOptions): Promise<number> {
    return (await this.#find(options)).brokerId;
  }

  async #find({ timeoutMs, signal }: CoordinatorOptions): Promise<FindCoordinatorResponse> {
    if (this.#found !== undefined) return this.#found;
    const { groupId } = this;
    this.#found = await this.#source.calls.any(
      (channel, limits) => channel.call(ApiService.findCoordinator, { groupId }, limits),
      { timeoutMs, signal },
    );
    return this.#found;
  }

  #forget(address: string): void {
    if (this.#found?.grpcAddress === address) this.#found = undefined;
  }
}
