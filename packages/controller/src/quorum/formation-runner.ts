import type { ClusterId, Ports, Timer } from '@moldau/base';
import type { FeatureRange } from '@moldau/proto';
import type { DirectoryMeta } from './directory-meta.ts';
import { type FormationStep, type Introduction, nextFormationStep, type VoterAddress } from './formation.ts';
import { askWhoItIs } from './introduce.ts';

/** A new cluster should be up within a second or two of its processes. */
const ASK_EVERY_MS = 100;
/** About every ten seconds somebody is told what is being waited for. */
const ROUNDS_PER_WARNING = 100;

/** Asks the configured voters who they are until this node can found or join the quorum. See formation.ts. */
export class FormationRunner {
  readonly #ports: Pick<Ports, 'timers' | 'rpc' | 'logger'>;
  readonly #meta: DirectoryMeta;
  readonly #features: readonly FeatureRange[];
  #configuredVoters: string | undefined;
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined;
  #closed = false;

  constructor(ports: Pick<Ports, 'timers' | 'rpc' | 'logger'>, meta: DirectoryMeta, features: readonly FeatureRange[]) {
    this.#ports = ports;
    this.#meta = meta;
    this.#features = features;
  }

  configure(configuredVoters: string): void {
    this.#configuredVoters = configuredVoters;
  }

  introduce(clusterId: ClusterId | undefined): Introduction | undefined {
    const { nodeId, directoryId } = this.#meta;
    const configuredVoters = this.#configuredVoters;
    const features = this.#features;
    return configuredVoters === undefined ? undefined : { nodeId, directoryId, clusterId, configuredVoters, features };
  }

  /** Undefined when it was closed before there was an answer. @throws RequestError when the voters are of several clusters */
  async run(voters: readonly VoterAddress[]): Promise<Exclude<FormationStep, { kind: 'wait' }> | undefined> {
    const others = voters.filter(({ nodeId }) => nodeId !== this.#meta.nodeId);
    for (let round = 1; !this.#closed; round++) {
      const self = this.introduce(undefined);
      if (self === undefined) return undefined;
      const answers = await Promise.all(others.map((voter) => askWhoItIs(this.#ports, this.#meta, voter)));
      const step = nextFormationStep(
        self,
        voters,
        answers.filter((answer) => answer !== undefined),
      );
      if (step.kind !== 'wait') return this.#closed ? undefined : step;
      if (round % ROUNDS_PER_WARNING === 0)
        this.#ports.logger.warn('quorum is not formed yet', { reason: step.reason });
      await this.#sleep();
    }
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.#pause?.timer.cancel();
    this.#pause?.end();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#pause = { timer: this.#ports.timers.after(ASK_EVERY_MS, resolve), end: resolve };
    });
  }
}
