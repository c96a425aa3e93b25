/** `devUp` as a process of its own, for tests that send it signals. Arguments: data directory, then options as JSON. */
import { DevError } from '../src/supervisor/cluster-plan.ts';
import { devUp } from '../src/supervisor/dev-up.ts';

const [data = '', options = '{}'] = process.argv.slice(2);
const given: unknown = JSON.parse(options);
try {
  await devUp({ data, example: false, ...(given as object), stdout: process.stdout, stderr: process.stderr });
  process.exit(0);
} catch (error) {
  if (!(error instanceof DevError)) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exit(1);
}
