import { NO_LEADER } from '@moldau/base';
import { isReassigning } from '@moldau/metadata';
import { newestImage, partitionsOf } from '../checkers/partition-state.ts';
import type { Observation } from '../observation.ts';
import { CONTROLLER_IDS } from './names.ts';
import type { World } from './world.ts';

/** Whether all replicas have the same end, and the leader knows. */
function isReplicated({ brokers }: Observation, key: string): boolean {
  const replicas = brokers.flatMap((broker) => broker.replicas.filter((replica) => replica.key === key));
  const end = replicas.find(({ role }) => role === 'leader')?.highWatermark;
  return replicas.every(({ endOffset }) => endOffset === end);
}

/** What keeps the healed cluster from being whole; empty when it is. */
export function complaints(world: World): string[] {
  const { observation } = world.watch;
  const { quorum, brokers } = observation;
  const found: string[] = [];
  const image = newestImage(observation);
  const leader = quorum.find(({ role }) => role === 'leader');
  if (image === undefined || leader === undefined) return ['the quorum has no leader'];
  for (const nodeId of CONTROLLER_IDS) {
    const own = quorum.find((view) => view.nodeId === nodeId);
    if (own === undefined) found.push(`controller ${nodeId} has not joined`);
    else if (own.image.offset < leader.commitIndex) found.push(`controller ${nodeId} is at ${own.image.offset}`);
    else if (!leader.voters.some((voter) => voter.nodeId === nodeId && voter.directoryId === own.directoryId))
      found.push(`controller ${nodeId} does not vote`);
  }
  for (const brokerId of world.brokers.keys()) {
    const view = brokers.find((broker) => broker.brokerId === brokerId);
    const state = image.brokers.get(brokerId);
    if (view === undefined || state === undefined) found.push(`broker ${brokerId} has not registered`);
    else if (state.fenced || state.shuttingDown || state.brokerEpoch !== view.brokerEpoch)
      found.push(`broker ${brokerId} is fenced`);
    else if (view.image.offset < leader.commitIndex) found.push(`broker ${brokerId} is at ${view.image.offset}`);
  }
  for (const { key, topicId, state } of partitionsOf(image)) {
    if (world.ghost.promised(key) === undefined) continue;
    const name = `${image.topics.get(topicId)?.name}/${state.partition}`;
    if (state.leader === NO_LEADER) found.push(`${name} has no leader, isr ${state.isr} elr ${state.elr}`);
    else if (isReassigning(state)) found.push(`${name} moves, adding ${state.addingReplicas} isr ${state.isr}`);
    else if (state.isr.length < state.replicas.length) found.push(`${name} has isr ${state.isr} elr ${state.elr}`);
    else if (!isReplicated(observation, key)) found.push(`${name} has records that are not replicated`);
  }
  return found;
}
