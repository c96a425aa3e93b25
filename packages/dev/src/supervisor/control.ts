import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { uuidFromBytes } from '@moldau/base';
import { DevError, HOST } from './cluster-plan.ts';
import { checkDataDirectory, dataOption } from './data-directory.ts';
import type { LocalCluster } from './local-cluster.ts';
import type { NodeState } from './node-process.ts';

/** What another shell may ask of a running supervisor. */
export type ControlAction = 'kill' | 'stop' | 'start' | 'status' | 'down';

/** One row of `dev status`. */
export interface NodeStatus {
  readonly name: string;
  readonly state: NodeState;
  readonly pid: number | null;
  readonly grpc: string;
  readonly admin: string;
}

/** What a request brought: the state of all nodes after it, and the pid that is gone after a kill. */
export interface ControlAnswer {
  readonly killedPid?: number;
  readonly nodes: readonly NodeStatus[];
}

/** How to reach the supervisor of a data directory; the token keeps web pages from talking to it. */
interface SupervisorFile {
  readonly pid: number;
  readonly address: string;
  readonly token: string;
}

const SUPERVISOR_FILE = 'supervisor.json';
/** A clean stop of all nodes is the longest that one request takes. */
const REQUEST_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 2_000;

export interface ControlServer {
  close(): Promise<void>;
}

/** Serves `dev kill|stop|start|status|down` for this cluster until closed. `onDown` is asked to end the supervisor. */
export async function serveControl(data: string, cluster: LocalCluster, onDown: () => void): Promise<ControlServer> {
  const token = uuidFromBytes(randomBytes(16));
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.method !== 'POST' || !sameToken(request, token)) return reply(403, { error: 'not for you' });
    // Answered before it is done: the end takes this server with it.
    if (request.url === '/down') response.once('finish', onDown);
    perform(request.url ?? '', cluster).then(
      (answer) => reply(200, answer),
      (error: unknown) => {
        if (error instanceof DevError) reply(400, { error: error.message, hint: error.hint });
        else reply(500, { error: String(error instanceof Error ? error.message : error) });
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: HOST, port: 0 }, resolve);
  });
  const address = server.address();
  const file = path.join(data, SUPERVISOR_FILE);
  const port = typeof address === 'object' ? address?.port : undefined;
  writeFileSync(file, JSON.stringify({ pid: process.pid, address: `${HOST}:${port}`, token }), { mode: 0o600 });
  return {
    close: async () => {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @throws DevError when no supervisor runs on this directory, or it refuses */
export async function askSupervisor(data: string, action: ControlAction, node?: string): Promise<ControlAnswer> {
  checkDataDirectory(data);
  const answer = await request(data, node === undefined ? `/${action}` : `/${action}/${node}`, REQUEST_TIMEOUT_MS);
  if (answer) return answer;
  const hint = `start it with npx moldau dev up${dataOption(data)}, or name another directory with --data DIR`;
  throw new DevError(`no cluster runs on ${data}`, { hint });
}

/** The pid of the supervisor that runs on this data directory; undefined when none does. */
export async function runningSupervisor(data: string): Promise<number | undefined> {
  const answer = await request(data, '/status', PING_TIMEOUT_MS);
  return answer && readSupervisorFile(data)?.pid;
}

async function request(data: string, url: string, timeoutMs: number): Promise<ControlAnswer | undefined> {
  const file = readSupervisorFile(data);
  if (!file) return undefined;
  let response: Response;
  try {
    response = await fetch(`http://${file.address}${url}`, {
      method: 'POST',
      headers: { authorization: file.token },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    if (error instanceof TypeError) return undefined; // Nobody listens: the file is from a supervisor that was killed.
    throw error;
  }
  if (response.status === 403) return undefined; // Another program has the port now.
  const body = (await response.json()) as ControlAnswer & { error?: string; hint?: string };
  if (body.error !== undefined) throw new DevError(body.error, { hint: body.hint ?? '' });
  return body;
}

async function perform(url: string, cluster: LocalCluster): Promise<ControlAnswer> {
  const [, action = '', node = ''] = url.split('/');
  switch (action) {
    case 'status':
    case 'down':
      return { nodes: statusOf(cluster) };
    case 'kill':
      return { killedPid: await cluster.kill(node), nodes: statusOf(cluster) };
    case 'stop':
      await cluster.stop(node);
      return { nodes: statusOf(cluster) };
    case 'start':
      cluster.start(node);
      return { nodes: statusOf(cluster) };
    default:
      throw new DevError(`a supervisor does not know ${action}`);
  }
}

/** One row for each node. */
export function statusOf(cluster: LocalCluster): NodeStatus[] {
  return cluster.nodes.map(({ plan, state, pid }) => ({
    name: plan.name,
    state,
    pid: pid ?? null,
    grpc: `${HOST}:${plan.grpcPort}`,
    admin: `${HOST}:${plan.adminPort}`,
  }));
}

function sameToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(token));
}

function readSupervisorFile(data: string): SupervisorFile | undefined {
  try {
    return JSON.parse(readFileSync(path.join(data, SUPERVISOR_FILE), 'utf8')) as SupervisorFile;
  } catch (error) {
    // Missing, or just being written: nobody is there yet.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return undefined;
    throw error;
  }
}
