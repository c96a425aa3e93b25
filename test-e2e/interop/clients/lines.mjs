/** What the JavaScript clients of this suite share: orders on the command line, one JSON document a line in and out. */
import { createInterface } from 'node:readline';

/** Runs the command that was ordered. */
export async function obey(commands) {
  const [, , command, options = '{}'] = process.argv;
  await commands[command](JSON.parse(options));
  // What was said is still on its way, and some clients leave a timer behind.
  process.stdout.write('', () => process.exit(0));
}

export function say(document) {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** The records that stand on stdin, as they come. */
export async function* wanted() {
  let index = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const { key, value, headers = [], timestamp } = JSON.parse(line);
    const decodedHeaders = headers.map(([name, data]) => [name, decoded(data)]);
    yield { index: index++, key: decoded(key), value: decoded(value), headers: decodedHeaders, timestamp };
  }
}

/** Records that are there already go together, as far as a client sends batches. */
export async function* wantedTogether() {
  let waiting = [];
  let wake;
  let isEnded = false;
  const reading = (async () => {
    for await (const record of wanted()) {
      waiting.push(record);
      wake?.();
    }
    isEnded = true;
    wake?.();
  })();
  while (!isEnded || waiting.length > 0) {
    if (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
    // What stands in the pipe comes within this turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const together = waiting;
    waiting = [];
    if (together.length > 0) yield together;
  }
  await reading;
}

export function tellRecord({ topic, partition, offset, timestamp, key, value, headers }) {
  say({
    record: {
      topic,
      partition,
      offset: Number(offset),
      timestamp: Number(timestamp),
      key: encoded(key),
      value: encoded(value),
      headers: headers.map(([name, data]) => [name.toString(), encoded(data)]),
    },
  });
}

/** Carries out one step after the other, each a method and its arguments, and tells what came of it. */
export async function administer(admin, steps) {
  for (const [step, ...given] of steps) {
    try {
      say({ answer: (await admin[step](...given)) ?? null });
    } catch (error) {
      // What the broker refuses is an answer too.
      say({ answer: null, error: namesOf(error).join(' ') });
    }
  }
}

/** An error that holds others names them all. */
export function namesOf(error) {
  const own = error.apiId ?? error.type ?? error.code ?? error.message;
  return [own, ...[error.cause ?? [], error.errors ?? []].flat().flatMap(namesOf)];
}

/** Ends with SIGTERM. */
export function stopped() {
  return new Promise((resolve) => process.once('SIGTERM', resolve));
}

function encoded(data) {
  return data === null || data === undefined ? null : Buffer.from(data).toString('base64');
}

function decoded(text) {
  return text === null ? null : Buffer.from(text, 'base64');
}
