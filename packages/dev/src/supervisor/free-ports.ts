import { createServer, type Server } from 'node:net';
import { DevError, HOST, type NodePlan } from './cluster-plan.ts';

/** Ports that nobody listens on now. Somebody else may take one before it is used; nothing can rule that out. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i++) {
    const server = await listen(0);
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => {
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new DevError('this machine has no free ports left');
    return address.port;
  });
  await Promise.all(servers.map(close));
  return ports;
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
