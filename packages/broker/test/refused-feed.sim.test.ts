import { expect, test } from 'vitest';
import { BrokerWorld } from './support/broker-world.ts';

test('a broker to which metadata is refused says so once, names it in its health, and goes on when it is taken', async () => {
  const world = new BrokerWorld('refused feed');
  await world.settle(world.controller.open('controller:19090'));
  world.controller.feedRefusal = 'It comes from another history.';
  const broker = await world.startBroker(1);
  await world.run(10_000);
  const health = broker.health().find(({ name }) => name === 'metadata');
  expect(health).toMatchObject({ ok: false, detail: 'It comes from another history.' });
  const warnings = world.ring.lines().filter((line) => line.includes('refuses to send metadata'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/warn .*another history/);
  world.controller.feedRefusal = undefined;
  await world.until(() => broker.health().every(({ ok }) => ok));
});
