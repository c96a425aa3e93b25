import { type ClusterImage, clusterConfigValue } from '@moldau/metadata';

/** A setting of the whole cluster that this node's configuration names, with another value than is in force. */
export interface OverruledDefault {
  readonly name: string;
  readonly given: string;
  readonly inForce: string;
}

/**
 * What is given in a node's configuration and means nothing, since the cluster says otherwise: first values are taken when
 * the quorum is born, from a controller's configuration.
 */
export function overruledDefaults(given: ReadonlyMap<string, string>, image: ClusterImage): OverruledDefault[] {
  return [...given]
    .map(([name, value]) => ({ name, given: value, inForce: clusterConfigValue(image, name) }))
    .filter((each) => each.given !== each.inForce);
}
