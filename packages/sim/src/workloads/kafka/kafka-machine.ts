import { InvariantError, type Ports } from '@moldau/base';
import { InvariantViolation } from '../../checkers/checker.ts';
import { SimDisk } from '../../ports/sim-disk.ts';
import { Machine } from '../../world/machine.ts';
import { bootstrapKafka } from '../../world/nodes.ts';
import { NodeFailure, type World } from '../../world/world.ts';
import { KafkaCluster } from './kafka-cluster.ts';

/** A program that uses a Kafka client, on a host of its own. Its process ends with a kill, and then everything it holds is gone. */
export function kafkaMachine(
  world: World,
  host: string,
  run: (open: () => KafkaCluster, ports: Ports, life: number) => Promise<void> | void,
): Machine<undefined> {
  const machine: Machine<undefined> = new Machine<undefined>(world.parts, {
    host,
    clockRate: 1,
    disk: new SimDisk(world.random.fork(`disk ${host}`)),
    boot: async (ports) => {
      const open = (): KafkaCluster => new KafkaCluster(ports, ports.random, bootstrapKafka(), host);
      run(open, ports, machine.lifeNumber)?.catch((error: unknown) => failUnlessPlanted(world, error));
      return undefined;
    },
    stop: async () => undefined,
    onCrash: (_, reason) => {
      // With a planted bug anything may be found anywhere; what it breaks is for the checkers to say.
      if (world.plantedBugs.size > 0 && reason instanceof InvariantError) machine.start();
      else world.fail(new NodeFailure(host, reason));
    },
  });
  return machine;
}

/** As above: with a planted bug such a program may be answered anything, and only ends. */
export function failUnlessPlanted(world: World, error: unknown): void {
  if (world.plantedBugs.size === 0 || error instanceof InvariantViolation) world.fail(error);
}
