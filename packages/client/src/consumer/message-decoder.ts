import type { Codec } from '@moldau/base';
import type { BatchRecord } from '@moldau/records';
import { MoldauError } from '../errors.ts';
import type { PartitionName } from '../partition-name.ts';
import type { Message } from '../record.ts';

/** How records become messages. */
export interface MessageDecoder<K, V> {
  readonly key: Codec<K>;
  readonly value: Codec<V>;
  readonly onBadRecord: 'fail' | 'skip' | 'raw';
}

/** undefined: it is passed over. @throws MoldauError BAD_RECORD */
export function decodeMessage<K, V>(
  { key: keys, value: values, onBadRecord }: MessageDecoder<K, V>,
  { topic, partition }: PartitionName,
  record: BatchRecord,
): Message<K, V> | undefined {
  const { key, value, headers } = record;
  const place = { topic, partition, offset: BigInt(record.offset), timestamp: record.timestampMs };
  try {
    return {
      ...place,
      key: key === null ? null : keys.decode(key),
      value: value === null ? null : values.decode(value),
      headers,
    };
  } catch (cause) {
    const message = `a codec refused the record at offset ${record.offset} of ${topic}/${partition}: ${String(cause)}`;
    const error = new MoldauError('BAD_RECORD', message, { topic, partition, cause });
    switch (onBadRecord) {
      case 'fail':
        throw error;
      case 'skip':
        return undefined;
      case 'raw':
        return { ...place, key: null, value: null, headers, bad: { error, key, value } };
    }
  }
}
