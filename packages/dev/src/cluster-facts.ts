import { type Client, MoldauError } from '@moldau/client';

/** One partition as the cluster's metadata has it. */
export interface PartitionFacts {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** Makes the topic unless it is there already. */
export async function ensureTopic(
  client: Client,
  topic: { name: string; partitions: number; replicationFactor: number; configs?: Record<string, string> },
): Promise<void> {
  try {
    await client.admin().createTopics([topic]);
  } catch (error) {
    if (!(error instanceof MoldauError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}

export async function partitionsOf(client: Client, topic: string, timeoutMs?: number): Promise<PartitionFacts[]> {
  const [described] = await client.admin().describeTopics([topic], { timeoutMs });
  return (described?.partitions ?? []).map(({ partition, leaderId, replicas, isr }) => ({
    partition,
    leader: leaderId,
    replicas,
    isr,
  }));
}

/** The node id of the controller that leads the quorum. */
export async function activeController(client: Client): Promise<number> {
  const { leaderId } = await client.admin().describeQuorum();
  return leaderId;
}
