import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { DevError, HOST, type NodePlan } from './cluster-plan.ts';

/**
 * Where they are looked for: below the ports that a system gives to outgoing connections (Linux from 32768). One of those would
 * be taken while its node is down, at times by a client that tries to reach that very node and is connected with itself.
 */
const PORT_FIRST = 15_000;
const PORT_END = 32_000;
/** A machine on which so many runs of ports are all taken has none. */
const ATTEMPTS_MAX = 1000;

/** Ports in a row that nobody listens on now. Somebody else may take one before it is used; nothing can rule that out. */
export async function findFreePorts(count: number): Promise<number[]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const first = randomInt(PORT_FIRST, PORT_END - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const servers = await Promise.all(ports.map(listen));
    const open = servers.filter((server) => server !== undefined);
    await Promise.all(open.map(close));
    if (open.length === count) return ports;
  }
  throw new DevError('this machine has no free ports left');
}

/** The ports of the plan that somebody listens on, with whose they would be. */
export async function takenPorts(plan: readonly NodePlan[]): Promise<{ port: number; use: string }[]> {
  const wanted = plan.flatMap(({ name, grpcPort, adminPort, kafkaPort }) => [
    { port: grpcPort, use: `gRPC of ${name}` },
    { port: adminPort, use: `admin of ${name}` },
    ...(kafkaPort === undefined ? [] : [{ port: kafkaPort, use: `Kafka of ${name}` }]),
  ]);
  const taken = await Promise.all(
    wanted.map(async (one) => {
      const server = await listen(one.port);
      if (server) await close(server);
      return server ? [] : [one];
    }),
  );
  return taken.flat();
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new DevError(`port ${port} cannot be listened on: ${error.message}`, { cause: error }));
    });
    // Without "exclusive" a port in TIME_WAIT is free, as it is for the nodes.
    server.listen({ host: HOST, port }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
