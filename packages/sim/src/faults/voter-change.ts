import type { NodeId } from '@moldau/base';
import type { World } from '../world/world.ts';
import { type Fault, pick } from './fault.ts';

/** A controller leaves the quorum and comes back to it, on the same disk. */
export const voterChange: Fault = {
  kind: 'voter-change',
  strike({ world, random, budget, healLater }) {
    const nodeId = pick(random, world.controllers.keys());
    if (nodeId === undefined || !budget.takeController(nodeId, false)) return;
    world.dismissed.add(nodeId);
    healLater(() => world.dismissed.delete(nodeId));
  },
};

/** Controllers that are to be voters and are not, or the other way round. */
export function voterRepairs(
  world: World,
): { readonly kind: 'add' | 'remove'; readonly nodeId: NodeId; readonly directoryId: string }[] {
  const { quorum } = world.watch.observation;
  const leader = quorum.find(({ role }) => role === 'leader');
  if (leader === undefined) return [];
  const repairs: ReturnType<typeof voterRepairs> = [];
  for (const { nodeId, directoryId } of leader.voters) {
    const own = quorum.find((view) => view.nodeId === nodeId);
    // Another directory runs in its place: the one that votes is gone for ever.
    const isGone = own !== undefined && own.directoryId !== directoryId;
    if (isGone || world.dismissed.has(nodeId)) repairs.push({ kind: 'remove', nodeId, directoryId });
  }
  for (const { nodeId, directoryId } of quorum) {
    const isVoter = leader.voters.some((voter) => voter.nodeId === nodeId);
    if (!isVoter && !world.dismissed.has(nodeId)) repairs.push({ kind: 'add', nodeId, directoryId });
  }
  return repairs;
}
