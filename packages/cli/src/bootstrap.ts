import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { usageError } from './cli-error.ts';
import type { CliIo } from './io.ts';

const DATA_DIRECTORY = '.moldau';
/** Where `npm start` puts its brokers. */
const DEFAULT_ADDRESSES = ['127.0.0.1:19100', '127.0.0.1:19101', '127.0.0.1:19102'];

/**
 * The brokers to ask: the flag, else the environment, else the local cluster whose nodes say in `.moldau/<node>/node.json`
 * where they listen, else where it usually is.
 *
 * @throws CliError
 */
export async function bootstrapAddresses(flag: string | undefined, io: CliIo): Promise<readonly string[]> {
  const named = flag ?? io.env['MOLDAU_BOOTSTRAP_SERVER'];
  if (named === undefined || named === '') return await localBrokers(io.directory);
  // An empty part is what a list that was put together leaves at its end.
  const parts = named.split(',').map((address) => address.trim());
  const addresses = parts.filter((address) => address !== '');
  if (addresses.length === 0)
    throw usageError(`${JSON.stringify(named)} names no address`, 'write HOST:PORT,HOST:PORT');
  for (const address of addresses) {
    if (!/^.+:\d+$/.test(address))
      throw usageError(`${JSON.stringify(address)} is no address`, 'write HOST:PORT,HOST:PORT');
  }
  return addresses;
}

async function localBrokers(directory: string): Promise<readonly string[]> {
  const data = path.join(directory, DATA_DIRECTORY);
  const names = await namesIn(data);
  if (names.length === 0) return DEFAULT_ADDRESSES;
  const { readNodeInfo } = await import('@moldau/server');
  const nodes = await Promise.all(names.map((name) => readNodeInfo(path.join(data, name))));
  const found = nodes.flatMap((node) => (node === undefined || node.role === 'controller' ? [] : [node.grpc]));
  return found.length > 0 ? found : DEFAULT_ADDRESSES;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}
