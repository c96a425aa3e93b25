import { crc32c } from '@moldau/base';
import { expect, test } from 'vitest';
import { APIS } from '../src/index.ts';
import { messageVersions } from './support/arbitrary-messages.ts';
import { EXAMPLE_CHECKSUMS } from './support/example-checksums.ts';
import { exampleMessage } from './support/example-messages.ts';
import { encodeFrame } from './support/messages.ts';

test('every version of every message stands on the wire as it does at Kafka', () => {
  const checksums = new Map<string, string[]>();
  for (const message of messageVersions(APIS)) {
    const name = `${message.api.name} ${message.direction}`;
    const checksum = crc32c(encodeFrame(message, exampleMessage(message)))
      .toString(16)
      .padStart(8, '0');
    checksums.set(name, [...(checksums.get(name) ?? []), `${message.version}:${checksum}`]);
  }
  const rows = [...checksums].map(([name, sums]) => [name, sums.join(' ')]);
  expect(Object.fromEntries(rows)).toEqual(EXAMPLE_CHECKSUMS);
});
