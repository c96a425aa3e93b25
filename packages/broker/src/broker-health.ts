import type { BrokerEpoch } from '@moldau/base';
import type { MetadataObserver } from './metadata/metadata-observer.ts';

/** One thing that must hold before the broker is ready. */
export interface BrokerHealthFact {
  readonly name: 'registration' | 'unfenced' | 'metadata' | 'logs';
  readonly ok: boolean;
  readonly detail: string;
}

/** What must hold before clients should be sent to a broker. */
export function brokerHealth(of: {
  /** Undefined: not registered. */
  readonly brokerEpoch: BrokerEpoch | undefined;
  readonly fenced: boolean;
  /** It acts on its metadata. */
  readonly isActive: boolean;
  readonly observer: Pick<MetadataObserver, 'image' | 'lag' | 'refusal'>;
  readonly offlineDirectories: number;
}): readonly BrokerHealthFact[] {
  const { brokerEpoch, fenced, isActive, offlineDirectories } = of;
  const { image, lag, refusal } = of.observer;
  const registered = brokerEpoch !== undefined;
  return [
    {
      name: 'registration',
      ok: registered,
      detail: registered ? `broker epoch ${brokerEpoch}` : 'looking for the controller',
    },
    {
      name: 'unfenced',
      ok: !fenced,
      detail: fenced ? 'the controller has it fenced' : 'unfenced',
    },
    {
      name: 'metadata',
      ok: isActive && refusal === undefined,
      detail: refusal ?? `applied up to ${image.offset}, ${lag} behind`,
    },
    {
      name: 'logs',
      ok: offlineDirectories === 0,
      detail: offlineDirectories === 0 ? 'recovered' : `${offlineDirectories} data directories have failed`,
    },
  ];
}
