import type { Rpc, RpcChannel, RpcHandler, RpcStream, RpcStreamEvents } from '@moldau/base';

/** Hears what one process says and is told, at the moment at which it leaves or comes; the path says what each message is. */
export interface Tap {
  /** A message leaves on a stream that this process opened. */
  readonly sent?: (path: string, message: unknown, stream: object) => void;
  /** One comes on such a stream, before the process has it. */
  readonly heard?: (path: string, message: unknown, stream: object) => void;
  /** A call comes in at this address. Returns who hears its answer as it leaves. */
  readonly asked?: (path: string, request: unknown, address: string) => ((response: unknown) => void) | undefined;
}

/** Several that hear the same. */
export function joinTaps(taps: readonly Tap[]): Tap {
  return {
    sent: (path, message, stream) => {
      for (const tap of taps) tap.sent?.(path, message, stream);
    },
    heard: (path, message, stream) => {
      for (const tap of taps) tap.heard?.(path, message, stream);
    },
    asked: (path, request, address) => {
      const listeners = taps.map((tap) => tap.asked?.(path, request, address));
      return (response) => {
        for (const listener of listeners) listener?.(response);
      };
    },
  };
}

/** The same connections, with somebody who listens. */
export function tapRpc(rpc: Rpc, tap: Tap): Rpc {
  return {
    listen: (options) =>
      rpc.listen({ ...options, handlers: options.handlers.map((each) => tapHandler(each, options.address, tap)) }),
    probe: (address, options) => rpc.probe(address, options),
    connect: (address, options) => tapChannel(rpc.connect(address, options), tap),
  };
}

function tapHandler(handler: RpcHandler, address: string, tap: Tap): RpcHandler {
  if (!('handle' in handler)) return handler;
  const { method, handle } = handler;
  return {
    method,
    handle: async (request, context) => {
      const answered = tap.asked?.(method.path, request, address);
      const response = await handle(request, context);
      answered?.(response);
      return response;
    },
  };
}

function tapChannel(channel: RpcChannel, tap: Tap): RpcChannel {
  return {
    address: channel.address,
    call: (method, request, options) => channel.call(method, request, options),
    open: (method, events) => {
      const name = {};
      return tapStream(channel.open(method, tapEvents(events, method.path, name, tap)), method.path, name, tap);
    },
    close: () => channel.close(),
  };
}

function tapEvents<Incoming>(
  events: RpcStreamEvents<Incoming>,
  path: string,
  name: object,
  tap: Tap,
): RpcStreamEvents<Incoming> {
  return {
    onMessage(message) {
      tap.heard?.(path, message, name);
      events.onMessage(message);
    },
    onReady: () => events.onReady(),
    onClose: (reason) => events.onClose(reason),
  };
}

function tapStream<Outgoing>(stream: RpcStream<Outgoing>, path: string, name: object, tap: Tap): RpcStream<Outgoing> {
  return {
    send(message) {
      tap.sent?.(path, message, name);
      return stream.send(message);
    },
    ready: () => stream.ready(),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: (reason) => stream.close(reason),
  };
}
