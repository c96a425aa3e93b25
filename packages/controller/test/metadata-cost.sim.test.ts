import { cpuUsage, stdout } from 'node:process';
import { allPartitions } from '@moldau/metadata';
import { ControllerService } from '@moldau/proto';
import { expect, test } from 'vitest';
import { TestBroker, World } from './world.ts';

test('fencing a broker that holds 6,667 of 10,000 partitions is one batch, one copy of the image, and some ms', async () => {
  const world = new World(1, [11, 12, 13]);
  await world.startAll();
  const active = await world.activeNode();
  const brokers = [1, 2, 3].map((id) => new TestBroker(world, id));
  for (const broker of brokers) await broker.join(active);
  const [first, , victim] = brokers;
  if (first === undefined || victim === undefined) throw new Error('no broker');
  for (let batch = 0; batch < 10; batch++) {
    const topics = Array.from({ length: 10 }, (_, index) => ({
      name: `topic-${batch}-${index}`,
      partitions: -1,
      replicationFactor: -1,
      assignments: Array.from({ length: 100 }, (_unused, partition) => {
        const start = (batch * 1000 + index * 100 + partition) % 3;
        return {
          partition,
          brokerIds:
            [
              [3, 1],
              [1, 2],
              [2, 3],
            ][start] ?? [],
        };
      }),
      configs: new Map<string, string>(),
    }));
    await world.settle(
      first.channel(active).call(ControllerService.createTopics, { topics, validateOnly: false }, { timeoutMs: 5_000 }),
    );
  }
  await world.until('all follow', () => brokers.every(({ image }) => image.offset === active.image.offset));
  const held = [...allPartitions(active.image)].filter(({ isr }) => isr.includes(3)).length;
  expect(held).toBe(6_667);

  const { offset } = active.image;
  let observed = 0;
  first.onApplied = (_before, after) => {
    observed = after.offset;
  };
  victim.kill();
  const start = cpuUsage();
  const tookMs = await world.until(
    'it is fenced everywhere',
    () => observed > offset && [...world.nodes.values()].every(({ image }) => image.offset > offset),
  );
  const { user, system } = cpuUsage(start);
  stdout.write(
    `fenced a broker with ${held} of 10,000 partitions: ${((user + system) / 1000).toFixed(0)} ms of processor time for 3 controllers and 2 brokers together, ${tookMs.toFixed(0)} ms of virtual time, ${active.image.offset - offset} batch\n`,
  );
  expect(active.image.offset).toBe(offset + 1);
  for (const { isr, leader } of allPartitions(active.image)) {
    expect(isr).not.toContain(3);
    expect(leader).not.toBe(3);
  }
  const samples = [...(active.controller?.metrics.samples() ?? [])];
  const value = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
  expect(value('moldau_controller_image_copies_total')).toBe(value('moldau_controller_batches_applied_total'));
});
