import { type Client, MoldauError } from '@moldau/client';
import { type Figure, KIB, megabytesPerSecond, percentile } from './raw/figures.ts';

/** What an acknowledgement with acks=all waits for on each in-sync replica. */
export type Durability = 'flushed' | 'replicated';

const PARTITIONS = 6;
const RECORD_BYTES = KIB;
const LATENCY_RECORDS_PER_SECOND = 1_000;
/** Before the clock starts: connections, compilation, first segments. */
const WARM_UP_MS = 2_000;
const LINGER_MS = 2;

/** As many records as the cluster takes: RF 3, acks=all, 1 KiB records over 6 partitions. */
export async function measureThroughput(client: Client, durability: Durability, durationMs: number): Promise<Figure> {
  const topic = await freshTopic(client, 'throughput', durability);
  let acknowledged = 0;
  const producer = client.producer({
    lingerMs: LINGER_MS,
    onDelivery: ({ recordCount, error }) => {
      if (!error) acknowledged += recordCount;
    },
  });
  const record = { value: randomBytes(RECORD_BYTES) };
  const sendUntil = async (endMs: number): Promise<void> => {
    while (performance.now() < endMs) {
      // A while without a look at the clock: 100 records are far less than a millisecond.
      let room = true;
      for (let i = 0; i < 100 && room; i++) room = producer.enqueue(topic, record);
      if (!room) await producer.ready();
    }
  };
  await sendUntil(performance.now() + WARM_UP_MS);
  const before = acknowledged;
  const startedAtMs = performance.now();
  await sendUntil(startedAtMs + durationMs);
  const count = acknowledged - before;
  const elapsedMs = performance.now() - startedAtMs;
  await producer.close();
  return {
    name: `produce RF 3 acks=all, ${durability}, 1 KiB records, ${PARTITIONS} partitions`,
    value: megabytesPerSecond(count * RECORD_BYTES, elapsedMs),
    unit: 'MB/s',
  };
}

/**
 * Time to acknowledgement at a fixed rate. Each record has a time at which it was due, and its latency counts from
 * there: a stall then shows in all the records that it delayed, not in one.
 */
export async function measureLatency(client: Client, durability: Durability, durationMs: number): Promise<Figure[]> {
  const topic = await freshTopic(client, 'latency', durability);
  const producer = client.producer();
  const value = randomBytes(RECORD_BYTES);
  const latenciesMs: number[] = [];
  const failures: unknown[] = [];
  const startedAtMs = performance.now();
  const endMs = startedAtMs + WARM_UP_MS + durationMs;
  await new Promise<void>((resolve) => {
    let sent = 0;
    const tick = setInterval(() => {
      const nowMs = performance.now();
      if (nowMs >= endMs) {
        clearInterval(tick);
        resolve();
      }
      for (; ; sent++) {
        const dueMs = startedAtMs + (sent * 1000) / LATENCY_RECORDS_PER_SECOND;
        if (dueMs > nowMs) return;
        const counts = dueMs >= startedAtMs + WARM_UP_MS;
        producer.send(topic, { value }).then(
          () => {
            if (counts) latenciesMs.push(performance.now() - dueMs);
          },
          (error: unknown) => failures.push(error),
        );
      }
    }, 1);
  });
  await producer.close();
  if (failures.length > 0) throw failures[0];
  const sorted = Float64Array.from(latenciesMs).sort();
  return ([0.5, 0.99, 0.999] as const).map((share) => ({
    name: `latency at ${LATENCY_RECORDS_PER_SECOND} records/s, ${durability}, p${share * 100}`,
    value: percentile(sorted, share),
    unit: 'ms',
  }));
}

async function freshTopic(client: Client, purpose: string, durability: Durability): Promise<string> {
  const name = `bench-${purpose}-${durability}`;
  try {
    await client
      .admin()
      .createTopics([{ name, partitions: PARTITIONS, replicationFactor: 3, configs: { durability } }]);
  } catch (error) {
    if (!(error instanceof MoldauError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
  return name;
}

/** Bytes that nothing can compress. */
function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
