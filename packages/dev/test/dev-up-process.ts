/** `devUp` as a process of its own, for tests that send it signals. Arguments: data directory, then options as JSON. */
import { devUp } from '../src/supervisor/dev-up.ts';

const [data = '', options = '{}'] = process.argv.slice(2);
const given: unknown = JSON.parse(options);
const code = await devUp({
  data,
  example: false,
  ...(given as object),
  stdout: process.stdout,
  stderr: process.stderr,
});
process.exit(code);
