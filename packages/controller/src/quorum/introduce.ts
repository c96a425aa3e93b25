import { type NodeId, type Ports, RequestError, RpcError } from '@moldau/base';
import { QuorumService } from '@moldau/proto';
import type { Introduction, VoterAddress } from './formation.ts';

const ASK_TIMEOUT_MS = 1000;

/** Asks the node at that address who it is. Undefined: it is not up, not ready, or another node than was meant. */
export async function askWhoItIs(
  ports: Pick<Ports, 'rpc'>,
  self: { readonly nodeId: NodeId },
  { nodeId, address }: VoterAddress,
): Promise<Introduction | undefined> {
  const channel = ports.rpc.connect(address, { purpose: 'formation', clientId: `controller-${self.nodeId}` });
  try {
    const request = { nodeId: self.nodeId };
    const answer = await channel.call(QuorumService.introduce, request, { timeoutMs: ASK_TIMEOUT_MS });
    if (answer.nodeId !== nodeId) return undefined;
    const { directoryId, clusterId, configuredVoters, features } = answer;
    return { nodeId, directoryId, clusterId: clusterId === '' ? undefined : clusterId, configuredVoters, features };
  } catch (error) {
    if (error instanceof RpcError || error instanceof RequestError) return undefined;
    throw error;
  } finally {
    channel.close();
  }
}
