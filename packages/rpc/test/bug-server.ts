/** Breaks an invariant at the first message, on a port of the system's choice, which it prints. */
import {
  InvariantError,
  type Logger,
  type StreamMethod,
  streamHandler,
  type UnaryMethod,
  unaryHandler,
  utf8Decode,
  utf8Encode,
} from '@moldau/base';
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

const ASK: UnaryMethod<string, string> = { kind: 'unary', path: '/moldau.Toy/Ask', request: text, response: text };

function breakInvariant(): never {
  throw new InvariantError('two leaders');
}

const ask = unaryHandler(ASK, async () => breakInvariant());
const talk = streamHandler(TALK, () => ({
  onMessage: breakInvariant,
  onReady: () => undefined,
  onClose: () => undefined,
}));
const rpc = new GrpcRpc({ nowMs: () => performance.now(), wallMs: () => Date.now() }, logger);
const listener = await rpc.listen({ address: '127.0.0.1:0', listener: 'test', handlers: [ask, talk] });
process.stdout.write(`${listener.address}\n`);
