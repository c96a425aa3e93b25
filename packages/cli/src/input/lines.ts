import { usageError } from '../cli-error.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** A record larger than this no broker takes; without a bound, a file without line ends would fill the memory. */
const LINE_BYTES_MAX = 32 * 1024 * 1024;

/** The lines of a stream as bytes, without their ends; the last one needs none. @throws CliError */
export async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncIterable<Uint8Array> {
  let parts: Uint8Array[] = [];
  let partsBytes = 0;
  let number = 1;
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      parts.push(bytes.subarray(start, end));
      yield withoutReturn(Buffer.concat(parts));
      parts = [];
      partsBytes = 0;
      start = end + 1;
      number++;
    }
    parts.push(bytes.subarray(start));
    partsBytes += bytes.length - start;
    if (partsBytes > LINE_BYTES_MAX) throw usageError(`line ${number} is longer than ${LINE_BYTES_MAX} bytes`);
  }
  const last = Buffer.concat(parts);
  if (last.length > 0) yield withoutReturn(last);
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
