import type { Rpc, RpcChannel, RpcStream } from '@moldau/base';

/** Hears each message of a stream as it leaves its process. */
export type Tap = (path: string, message: unknown) => void;

/** The same connections, with somebody who listens to what this process sends on the streams that it opens. */
export function tapRpc(rpc: Rpc, tap: Tap): Rpc {
  return {
    listen: (options) => rpc.listen(options),
    probe: (address, options) => rpc.probe(address, options),
    connect: (address, options) => tapChannel(rpc.connect(address, options), tap),
  };
}

function tapChannel(channel: RpcChannel, tap: Tap): RpcChannel {
  return {
    address: channel.address,
    call: (method, request, options) => channel.call(method, request, options),
    open: (method, events) => tapStream(channel.open(method, events), method.path, tap),
    close: () => channel.close(),
  };
}

function tapStream<Outgoing>(stream: RpcStream<Outgoing>, path: string, tap: Tap): RpcStream<Outgoing> {
  return {
    send(message) {
      tap(path, message);
      return stream.send(message);
    },
    ready: () => stream.ready(),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: (reason) => stream.close(reason),
  };
}
