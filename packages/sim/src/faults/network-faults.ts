import { type Fault, type FaultContext, hosts, pick } from './fault.ts';

/** Of partitions, those that cut one host off from all others, and not from one. */
const ISOLATION_SHARE = 0.4;

/** Of each message: from one connection in a while to hardly one that lives. */
const LOSSES = [0.001, 0.01, 0.1];

/** Two hosts, or one and all others, do not hear one another. */
export const partition: Fault = {
  kind: 'partition',
  strike: (context) => cut(context, false),
};

/** Only one direction is lost. */
export const oneWayPartition: Fault = {
  kind: 'one-way-partition',
  strike: (context) => cut(context, true),
};

/** A link with the latency of a continent and the bandwidth of a bad line. */
export const slowLink: Fault = {
  kind: 'slow-link',
  strike(context) {
    const { world, random, healLater } = context;
    const pair = twoHosts(context);
    if (pair === undefined) return;
    const startMs = random.between(5, 100);
    const quality = { startMs, endMs: startMs * 2, bytesPerMs: random.between(100, 10_000) };
    world.network.setQuality(...pair, quality);
    healLater(() => world.network.restoreQuality(...pair));
  },
};

/** On a link, or on all of one host, many a message is the last of its connection. */
export const lossyLink: Fault = {
  kind: 'lossy-link',
  strike(context) {
    const { world, random, healLater } = context;
    const pair = twoHosts(context);
    if (pair === undefined) return;
    const [one, other] = pair;
    const others = random.chance(ISOLATION_SHARE) ? hosts(context).filter((host) => host !== one) : [other];
    const resetProbability = LOSSES[Math.floor(random.between(0, LOSSES.length))] ?? 0;
    for (const each of others) world.network.setQuality(one, each, { resetProbability });
    healLater(() => {
      for (const each of others) world.network.restoreQuality(one, each);
    });
  },
};

/** Connections break, and are made again. */
export const reset: Fault = {
  kind: 'reset',
  strike(context) {
    const pair = twoHosts(context);
    if (pair !== undefined) context.world.network.reset(...pair);
  },
};

function cut(context: FaultContext, oneWay: boolean): void {
  const { world, random, healLater } = context;
  const pair = twoHosts(context);
  if (pair === undefined) return;
  const [one, other] = pair;
  const others = random.chance(ISOLATION_SHARE) ? hosts(context).filter((host) => host !== one) : [other];
  // Which of the two goes unheard.
  const isHeard = random.chance(0.5);
  const links = others.map((each): [string, string] => (isHeard ? [one, each] : [each, one]));
  for (const link of links) world.network.partition(...link, { oneWay });
  healLater(() => {
    for (const link of links) world.network.heal(...link, { oneWay });
  });
}

function twoHosts(context: FaultContext): [string, string] | undefined {
  const all = hosts(context);
  const one = pick(context.random, all);
  const other = pick(
    context.random,
    all.filter((host) => host !== one),
  );
  return one === undefined || other === undefined ? undefined : [one, other];
}
