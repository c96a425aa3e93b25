/** The other end of the raw measurements, in a process of its own: takes bytes by TCP and by gRPC. */
import { createServer } from 'node:net';
import { type RpcStream, type RpcStreamEvents, streamHandler } from '@moldau/base';
import { pinoLogger, systemClock } from '@moldau/host';
import { GrpcRpc } from '@moldau/rpc';
import { SINK_METHOD } from './sink-method.ts';

const TAKEN = new Uint8Array([1]);

const tcp = createServer({ allowHalfOpen: true }, (socket) => {
  let taken = 0;
  socket.on('data', (chunk) => {
    taken += chunk.length;
  });
  // The sender closes its half when it has sent all; the answer says that all came.
  socket.on('end', () => socket.end(String(taken)));
});
await new Promise<void>((resolve) => tcp.listen({ host: '127.0.0.1', port: 0 }, resolve));

const rpc = new GrpcRpc(systemClock, pinoLogger({ level: 'error' }));
const listener = await rpc.listen({
  address: '127.0.0.1:0',
  listener: 'bench',
  handlers: [streamHandler(SINK_METHOD, (stream) => countingSink(stream))],
});
const tcpAddress = tcp.address();
process.send?.({ tcpPort: typeof tcpAddress === 'object' ? tcpAddress?.port : undefined, grpc: listener.address });
process.on('disconnect', () => process.exit(0));

function countingSink(stream: RpcStream<Uint8Array>): RpcStreamEvents<Uint8Array> {
  return {
    onMessage: () => {
      stream.send(TAKEN);
    },
    onReady: () => undefined,
    onClose: () => undefined,
  };
}
