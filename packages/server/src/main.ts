/** The node as a process of its own, as the supervisor starts it: `node main.ts --config FILE [--set NAME=VALUE]...` */
import { parseArgs } from 'node:util';
import { runServer } from './run-server.ts';

const { values } = parseArgs({
  options: { config: { type: 'string' }, set: { type: 'string', multiple: true, default: [] } },
});
const code = await runServer({
  ...(values.config !== undefined && { configFile: values.config }),
  sets: values.set,
  env: process.env,
  onRefused: (message) => void process.stderr.write(`moldau server: ${message}\n`),
});
process.exit(code);
