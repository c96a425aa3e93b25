import { InvariantError, present } from '@moldau/base';
import { SimDisk, SimProcess } from '@moldau/sim';
import { expect, test } from 'vitest';
import { CONTROLLER_TIMES } from '../src/config.ts';
import { RaftQuorumNode } from '../src/quorum/raft-quorum-node.ts';
import { QuorumController } from '../src/quorum-controller.ts';
import { World } from './world.ts';

/** A quorum of one, with its inside open. */
async function alone(): Promise<{ world: World; controller: QuorumController; quorum: RaftQuorumNode }> {
  const world = new World(1, []);
  const disk = new SimDisk(world.random.fork('disk'));
  const { ports } = world.ports(new SimProcess(world.scheduler, { name: 'controller-1' }), disk);
  const voters = [{ nodeId: 1, address: 'controller-1:1' }];
  const config = { nodeId: 1, directory: '/data', listenAddress: 'controller-1:1', initialVoters: voters };
  const controller = new QuorumController(ports, config, CONTROLLER_TIMES);
  const settings = { nodeId: 1, directory: '/data', clusterId: undefined, features: [] };
  const quorum = await world.settle(RaftQuorumNode.open(ports, settings, controller.writer));
  controller.writer.attach(quorum);
  quorum.start({ address: 'controller-1:1', voters }).catch(ports.stopProcess);
  await world.until('it leads', () => controller.committed.clusterId !== '');
  return { world, controller, quorum };
}

test('a batch that cannot be applied is not proposed: it would stop every node that finds it in the log', async () => {
  const { world, controller, quorum } = await alone();
  const { logEnd } = quorum.state;
  const { projected } = controller;
  const decision = {
    records: [{ record: { kind: 'removeTopic' as const, value: { topicId: 'of no topic' } } }],
    respond: () => undefined,
  };
  await expect(world.settle(controller.submit(() => decision))).rejects.toBeInstanceOf(InvariantError);
  await world.run(100);
  expect(present(quorum.machine, 'a machine').status.lastIndex).toBe(logEnd);
  expect(controller.projected).toBe(projected);
});
