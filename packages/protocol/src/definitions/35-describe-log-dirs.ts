import { defineApi } from '../definition/api.ts';

/** How much of a broker's disks which replicas take. */
export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexibleFrom: 2,
  request: {
    /** Which replicas to show; null for all. */
    topics: {
      type: 'array',
      nullable: '1+',
      of: {
        /** Name of the topic. */
        topic: { type: 'string' },
        /** Numbers of the partitions. */
        partitions: { type: 'array', of: 'int32' },
      },
    },
  },
  response: {
    /** How long the request was held back by a quota. */
    throttleTimeMs: { type: 'int32', default: 0 },
    /** Why nothing is shown, or 0. */
    errorCode: { type: 'int16', versions: '3+', ignorable: true },
    /** The broker's directories. */
    results: {
      type: 'array',
      of: {
        /** KAFKA_STORAGE_ERROR when it is offline, or 0. */
        errorCode: { type: 'int16' },
        /** Absolute path of the directory. */
        logDir: { type: 'string' },
        /** Replicas in it, by topic. */
        topics: {
          type: 'array',
          of: {
            /** Name of the topic. */
            name: { type: 'string' },
            /** Replicas by partition. */
            partitions: {
              type: 'array',
              of: {
                /** Number of the partition. */
                partitionIndex: { type: 'int32' },
                /** Bytes of its segments. */
                partitionSize: { type: 'int64' },
                /** How far its end is behind the high watermark, or a replica that is being moved here behind the one in use. */
                offsetLag: { type: 'int64' },
                /** Whether it is being moved here and will replace the one in use. */
                isFutureKey: { type: 'bool' },
              },
            },
          },
        },
        /** Size of the disk that it is on; -1 when that is not known. */
        totalBytes: { type: 'int64', versions: '4+', ignorable: true, default: -1 },
        /** Free bytes of that disk; -1 when that is not known. */
        usableBytes: { type: 'int64', versions: '4+', ignorable: true, default: -1 },
        /** Whether no new replicas are put there. */
        isCordoned: { type: 'bool', versions: '5+', ignorable: true, default: false },
      },
    },
  },
});
