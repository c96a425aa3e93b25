import {
  assert,
  type BrokerEpoch,
  type Clock,
  errorCodeFromNumber,
  type Logger,
  type MetadataOffset,
  NO_ERROR,
  type Ports,
  RequestError,
  RpcError,
  type RpcStream,
  type RpcStreamEvents,
  randomUuid,
  type Timer,
  type Timers,
} from '@moldau/base';
import {
  ControllerService,
  HeartbeatRequest,
  type HeartbeatResponse,
  RegisterBrokerRecord,
  RegisterBrokerRequest,
  type ReplicaReport,
} from '@moldau/proto';
import { Backoff, pause } from './backoff.ts';
import type { ActiveController, ControllerLink } from './controller-link.ts';
import type { Lease } from './lease.ts';

// What the cluster knows of this run of the broker:
//
//   searching ──controller found──> registering ──broker epoch──> beating
//       ^                                ^                           │
//       └────── stream or controller lost (same epoch) <─────────────┤
//                                        └── registration void ──────┘ (new incarnation, new epoch)

const HEARTBEAT_MS_MAX = 500;
/** Whatever a controller answers. */
const HEARTBEAT_MS_MIN = 50;
/** Before the first answer has said how long a session is: none is so short that it would end within this. */
const HEARTBEAT_MS_FIRST = 100;
/** Heartbeats of a session, so that some may be late or lost before it ends. */
const HEARTBEATS_PER_SESSION = 8;
/** Without an answer for so many heartbeats the controller is looked for again, with most of the session left. */
const SILENT_HEARTBEATS_MAX = 3;
const REGISTER_TIMEOUT_MS = 5000;
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 500;
/** Heartbeats whose echo has not come: more than fit in {@link SILENT_HEARTBEATS_MAX} intervals are never open. */
const UNANSWERED_MAX = 64;

export interface RegistrationFacts {
  readonly record: Omit<RegisterBrokerRecord, 'incarnationId' | 'brokerEpoch'>;
  readonly damaged: readonly ReplicaReport[];
}

export interface RegistrationEvents {
  /** A new broker epoch was granted; nothing of an earlier one holds. */
  registered(brokerEpoch: BrokerEpoch): void;
  /** The registration does not hold any more: lead nothing until the next one. */
  voided(): void;
  /** The active controller has committed so much. */
  committed(offset: MetadataOffset): void;
}

export class Registration {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #ports: Pick<Ports, 'clock' | 'timers' | 'random'>;
  readonly #logger: Logger;
  readonly #link: ControllerLink;
  readonly #lease: Lease;
  readonly #clusterId: string;
  readonly #facts: () => RegistrationFacts;
  readonly #status: () => { readonly appliedOffset: MetadataOffset; readonly ready: boolean };
  readonly #events: RegistrationEvents;
  #incarnationId: string;
  #brokerEpoch: BrokerEpoch | undefined;
  #session: HeartbeatSession | undefined;
  #wantsShutdown = false;
  #onShutdown: (() => void) | undefined;
  #closed = false;

  constructor(
    ports: Pick<Ports, 'clock' | 'timers' | 'random'>,
    logger: Logger,
    link: ControllerLink,
    lease: Lease,
    of: {
      readonly clusterId: string;
      readonly facts: () => RegistrationFacts;
      readonly status: () => { readonly appliedOffset: MetadataOffset; readonly ready: boolean };
      readonly events: RegistrationEvents;
    },
  ) {
    this.#ports = ports;
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#logger = logger;
    this.#link = link;
    this.#lease = lease;
    this.#clusterId = of.clusterId;
    this.#facts = of.facts;
    this.#status = of.status;
    this.#events = of.events;
    this.#incarnationId = randomUuid(ports.random);
  }

  /** Undefined until the first registration, and while the last one is void. */
  get brokerEpoch(): BrokerEpoch | undefined {
    return this.#brokerEpoch;
  }

  /**
   * Runs until {@link close}.
   *
   * @throws RequestError when the cluster will never take this broker: another cluster's, or of a version it cannot have
   */
  async run(): Promise<void> {
    const backoff = new Backoff(this.#ports.random, { msMin: RETRY_MS_MIN, msMax: RETRY_MS_MAX });
    while (!this.#closed) {
      try {
        const controller = await this.#link.find();
        if (this.#closed) return;
        const brokerEpoch = this.#brokerEpoch ?? (await this.#register());
        if (this.#closed) return;
        await this.#beat(controller, brokerEpoch, backoff);
      } catch (error) {
        if (!(error instanceof RpcError || error instanceof RequestError) || isFinal(error)) throw error;
        if (!this.#closed) this.#logger.warn('registering with the controller failed', { err: error });
      }
      if (!this.#closed) await pause(this.#timers, backoff.next());
    }
  }

  /** Something that the controller waits for has changed: it is told now. */
  statusChanged(): void {
    this.#session?.beat();
  }

  /** Asks for a controlled shutdown; resolves when all leadership has moved. */
  requestShutdown(): Promise<void> {
    this.#wantsShutdown = true;
    return new Promise((resolve) => {
      this.#onShutdown = resolve;
      this.#session?.beat();
    });
  }

  close(): void {
    this.#closed = true;
    this.#session?.close();
  }

  async #register(): Promise<BrokerEpoch> {
    const { record, damaged } = this.#facts();
    const registration = RegisterBrokerRecord.create({ ...record, incarnationId: this.#incarnationId });
    const request = RegisterBrokerRequest.create({ clusterId: this.#clusterId, registration, damaged });
    const answer = await this.#link.call(ControllerService.registerBroker, request, REGISTER_TIMEOUT_MS);
    assert(answer.brokerEpoch > 0, 'a registration has an epoch', { brokerEpoch: answer.brokerEpoch });
    if (this.#closed) return answer.brokerEpoch;
    this.#brokerEpoch = answer.brokerEpoch;
    this.#logger.info('registered', { brokerEpoch: answer.brokerEpoch, incarnationId: this.#incarnationId });
    this.#events.registered(answer.brokerEpoch);
    return answer.brokerEpoch;
  }

  async #beat(controller: ActiveController, brokerEpoch: BrokerEpoch, backoff: Backoff): Promise<void> {
    const end = await new Promise<SessionEnd>((resolve) => {
      this.#session = new HeartbeatSession({
        clock: this.#clock,
        timers: this.#timers,
        open: (events) => this.#link.channel(controller.address, 'heartbeat').open(ControllerService.heartbeat, events),
        request: (sequence) =>
          HeartbeatRequest.create({
            brokerId: this.#facts().record.brokerId,
            brokerEpoch,
            sequence,
            wantsShutdown: this.#wantsShutdown,
            ...this.#status(),
          }),
        answered: (response, sentMs) => {
          backoff.reset();
          this.#answered(response, sentMs);
        },
        ended: resolve,
      });
    });
    this.#session = undefined;
    if (end === 'void') {
      this.#logger.warn('the registration is void', { brokerEpoch });
      this.#brokerEpoch = undefined;
      this.#incarnationId = randomUuid(this.#ports.random);
      this.#lease.reset();
      this.#events.voided();
    } else {
      this.#link.lost(controller);
    }
  }

  #answered(response: HeartbeatResponse, sentMs: number): void {
    this.#lease.renewed({ sentMs, sessionTimeoutMs: response.sessionTimeoutMs, fenced: response.fenced });
    this.#events.committed(response.committedOffset);
    if (response.mayShutDown && this.#wantsShutdown) this.#onShutdown?.();
  }
}

/** Asking again would be answered the same until somebody changes this broker. */
function isFinal(error: RpcError | RequestError): boolean {
  return (
    error instanceof RequestError && (error.code === 'INCONSISTENT_CLUSTER_ID' || error.code === 'UNSUPPORTED_VERSION')
  );
}

/** `lost`: look for the controller again. `void`: register again. */
type SessionEnd = 'lost' | 'void';

/** How often a session of this length needs a heartbeat; an unknown one may be as long as any. */
function heartbeatMs(sessionTimeoutMs: number | undefined): number {
  if (sessionTimeoutMs === undefined) return HEARTBEAT_MS_MAX;
  return Math.max(HEARTBEAT_MS_MIN, Math.min(HEARTBEAT_MS_MAX, sessionTimeoutMs / HEARTBEATS_PER_SESSION));
}

interface SessionContext {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly open: (events: RpcStreamEvents<HeartbeatResponse>) => RpcStream<HeartbeatRequest>;
  readonly request: (sequence: number) => HeartbeatRequest;
  readonly answered: (response: HeartbeatResponse, sentMs: number) => void;
  readonly ended: (end: SessionEnd) => void;
}

/** Heartbeats to one controller, over one stream. */
class HeartbeatSession {
  readonly #context: SessionContext;
  readonly #stream: RpcStream<HeartbeatRequest>;
  /** When the heartbeats were sent whose echo has not come yet. */
  readonly #sentMs = new Map<number, number>();
  #sequence = 0;
  #answeredMs: number;
  #sessionTimeoutMs: number | undefined;
  #timer: Timer | undefined;
  #ended = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#answeredMs = context.clock.nowMs();
    this.#stream = context.open({
      onMessage: (response) => this.#onMessage(response),
      onReady: () => undefined,
      onClose: () => this.#end('lost'),
    });
    this.#tick();
  }

  beat(): void {
    if (this.#ended || !this.#stream.ready()) return;
    const sequence = ++this.#sequence;
    this.#sentMs.set(sequence, this.#context.clock.nowMs());
    this.#stream.send(this.#context.request(sequence));
  }

  close(): void {
    this.#end('lost');
  }

  #tick(): void {
    this.beat();
    this.#timer = this.#context.timers.after(this.#intervalMs(), () => {
      // Answers that wait in the socket behind a stall of this process are read first.
      this.#context.timers.afterPoll(() => {
        if (this.#ended) return;
        const silentMs = this.#context.clock.nowMs() - this.#answeredMs;
        const isSilent = silentMs > SILENT_HEARTBEATS_MAX * heartbeatMs(this.#sessionTimeoutMs);
        if (isSilent || this.#sentMs.size > UNANSWERED_MAX) this.#end('lost');
        else this.#tick();
      });
    });
  }

  #intervalMs(): number {
    return this.#sessionTimeoutMs === undefined ? HEARTBEAT_MS_FIRST : heartbeatMs(this.#sessionTimeoutMs);
  }

  #onMessage(response: HeartbeatResponse): void {
    if (this.#ended) return;
    this.#answeredMs = this.#context.clock.nowMs();
    const sentMs = this.#sentMs.get(response.sequence);
    for (const sequence of this.#sentMs.keys()) if (sequence <= response.sequence) this.#sentMs.delete(sequence);
    if (response.errorCode !== NO_ERROR) {
      const code = errorCodeFromNumber(response.errorCode);
      this.#end(code === 'STALE_BROKER_EPOCH' || code === 'BROKER_ID_NOT_REGISTERED' ? 'void' : 'lost');
      return;
    }
    this.#sessionTimeoutMs = response.sessionTimeoutMs;
    if (sentMs !== undefined) this.#context.answered(response, sentMs);
  }

  #end(end: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#stream.close();
    this.#context.ended(end);
  }
}
