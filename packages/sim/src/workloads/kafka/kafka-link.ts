import {
  type ByteStream,
  type ByteStreamEvents,
  errorNumber,
  type Ports,
  type Random,
  type RpcCloseReason,
  randomInteger,
} from '@moldau/base';
import {
  type Api,
  type ApiVersionRange,
  apiVersions,
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  parseVersions,
  type RequestInput,
  type ResponseOf,
  responseCorrelationId,
} from '@moldau/protocol';

/** More than any answer of a simulated broker. */
const FRAME_BYTES_MAX = 32 * 1024 * 1024;
const NEGOTIATION_MS = 3_000;
const NO_VERSION_MAX = 1_000;
const UNSUPPORTED_VERSION = errorNumber('UNSUPPORTED_VERSION');

/** The connection is gone, and with it every answer that was waited for. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

export type KafkaClientPorts = Pick<Ports, 'byteStreams' | 'timers' | 'clock' | 'checksum'>;

/** What all connections of one client share. */
export interface KafkaClientSide {
  readonly ports: KafkaClientPorts;
  readonly random: Random;
  readonly clientId: string;
  readonly versions: SpokenVersions;
  /** It speaks the newest versions that both sides know, as one of today. */
  readonly isNewest: boolean;
}

interface Waiting {
  readonly take: (frame: Uint8Array) => void;
  readonly fail: (error: LinkLost) => void;
}

interface AskOptions {
  readonly timeoutMs: number;
  /** What the client says has no place in earlier versions. */
  readonly versionMin?: number;
  /** What the client cannot say in later versions, since it does not know it. */
  readonly versionMax?: number;
}

/**
 * The versions that one client speaks, by API: drawn when it first needs them among those that both sides know, as if it were
 * some older or newer client. Over the seeds every version is spoken.
 */
export type SpokenVersions = Map<number, number>;

/** One connection of a Kafka client. */
export class KafkaLink implements ByteStreamEvents {
  readonly #timers: Ports['timers'];
  readonly #random: Random;
  readonly #clientId: string;
  readonly #stream: ByteStream;
  readonly #splitter = new FrameSplitter(FRAME_BYTES_MAX);
  /** In the order of the requests, which is that of the answers. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #versions: SpokenVersions;
  readonly #isNewest: boolean;
  readonly #ready: Promise<readonly ApiVersionRange[]>;
  #correlation = 0;
  #isLost = false;

  constructor(of: KafkaClientSide, address: string) {
    const { ports, random, clientId, versions, isNewest } = of;
    this.#timers = ports.timers;
    this.#random = random;
    this.#clientId = clientId;
    this.#versions = versions;
    this.#isNewest = isNewest;
    this.#stream = ports.byteStreams.connect(address, this);
    this.#ready = this.#negotiate();
    // Told to whoever asks; there may be nobody.
    this.#ready.catch(() => undefined);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Requests leave in the order of these calls, without waiting for one another.
   *
   * @throws LinkLost when the connection goes, or the time is over, which ends it
   */
  async ask<A extends Api>(
    api: A,
    request: (version: number) => RequestInput<A>,
    { timeoutMs, versionMin = 0, versionMax = NO_VERSION_MAX }: AskOptions,
  ): Promise<ResponseOf<A>> {
    const version = Math.min(Math.max(this.#versionOf(api, await this.#ready), versionMin), versionMax);
    return this.#exchange(api, version, request(version), timeoutMs);
  }

  /** The version in which this client speaks that API. */
  async versionOf(api: Api): Promise<number> {
    return this.#versionOf(api, await this.#ready);
  }

  onBytes(bytes: Uint8Array): void {
    this.#splitter.append(bytes);
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      const correlationId = responseCorrelationId(frame);
      const [first] = this.#waiting.keys();
      if (first !== correlationId) throw new Error(`answer ${correlationId} comes when ${first} is due`);
      const waiting = this.#waiting.get(correlationId);
      this.#waiting.delete(correlationId);
      waiting?.take(frame);
    }
  }

  onReady(): void {
    // What these clients send is small.
  }

  onClose(reason: RpcCloseReason): void {
    this.#lose(reason.message);
  }

  close(): void {
    this.#stream.end();
    this.#lose('closed by its client');
  }

  /** As newer clients do: first in a version of their own, and again in one that the answer lists. */
  async #negotiate(): Promise<readonly ApiVersionRange[]> {
    const software = { clientSoftwareName: 'moldau-sim', clientSoftwareVersion: '1.0' };
    const { min, max } = parseVersions(apiVersions.versions);
    const version = randomInteger(this.#random, min, max + 1);
    const request = version >= 3 ? software : {};
    const answer = await this.#exchange(apiVersions, version, request, NEGOTIATION_MS);
    if (answer.errorCode !== 0) throw new Error(`ApiVersions ${version} is answered with ${answer.errorCode}`);
    return answer.apiKeys;
  }

  #versionOf(api: Api, served: readonly ApiVersionRange[]): number {
    const known = this.#versions.get(api.key);
    if (known !== undefined) return known;
    const range = served.find(({ apiKey }) => apiKey === api.key);
    if (range === undefined) throw new Error(`${api.name} is not served (${UNSUPPORTED_VERSION})`);
    const { min, max } = parseVersions(api.versions);
    const end = Math.min(max, range.maxVersion) + 1;
    const drawn = randomInteger(this.#random, Math.max(min, range.minVersion), end);
    const version = this.#isNewest ? end - 1 : drawn;
    this.#versions.set(api.key, version);
    return version;
  }

  #exchange<A extends Api>(
    api: A,
    apiVersion: number,
    request: RequestInput<A>,
    timeoutMs: number,
  ): Promise<ResponseOf<A>> {
    if (this.#isLost) return Promise.reject(new LinkLost('the connection is gone'));
    const correlationId = ++this.#correlation;
    this.#stream.write(encodeRequest(api, { apiVersion, correlationId, clientId: this.#clientId }, request));
    return new Promise((resolve, reject) => {
      const timer = this.#timers.after(timeoutMs, () => {
        this.#stream.destroy();
        this.#lose(`${api.name} was not answered in ${timeoutMs} ms`);
      });
      this.#waiting.set(correlationId, {
        take: (frame) => {
          timer.cancel();
          resolve(decodeResponse(api, apiVersion, frame));
        },
        fail: (error) => {
          timer.cancel();
          reject(error);
        },
      });
    });
  }

  #lose(why: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    for (const { fail } of this.#waiting.values()) fail(new LinkLost(why));
    this.#waiting.clear();
  }
}
