/** Echoes on a port of the system's choice, which it prints, until it is killed. */
import { type Logger, type RpcStream, type StreamMethod, streamHandler, utf8Decode, utf8Encode } from '@moldau/base';
import { GrpcRpc } from '../src/index.ts';

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};
const text = { encode: utf8Encode, decode: utf8Decode };
const TALK: StreamMethod<string, string> = { kind: 'stream', path: '/moldau.Toy/Talk', request: text, response: text };

const echo = streamHandler(TALK, (stream: RpcStream<string>) => ({
  onMessage: (message) => void stream.send(message),
  onReady: () => undefined,
  onClose: () => undefined,
}));
const rpc = new GrpcRpc({ nowMs: () => performance.now(), wallMs: () => Date.now() }, logger);
const listener = await rpc.listen({ address: '127.0.0.1:0', listener: 'test', handlers: [echo] });
process.stdout.write(`${listener.address}\n`);
