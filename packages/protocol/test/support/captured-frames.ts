/**
 * Requests as real clients sent them to a recording broker, without the size before them:
 *
 *     kafkajs 2.2.4 (npm) on Node 24
 *     librdkafka 2.16.0, in confluent-kafka 2.16.1 (PyPI)
 *     kafka-python 3.0.12 (PyPI)
 *     Apache Kafka's Java client 4.4.0
 *
 * and what they say, checked by hand against the bytes: fields that are missing have their default, bytes are in hex.
 * Where a client put an id or name of its own, it is "golden-CLIENT"; the topic is "golden", its id QUJDREVGR0hJSktMTU5PUA.
 */
export interface CapturedFrame {
  readonly client: string;
  readonly api: string;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string;
  readonly frame: string;
  readonly request: object;
}

export const CAPTURED_FRAMES: readonly CapturedFrame[] = [
  {
    client: 'kafkajs 2.2.4',
    api: 'ApiVersions',
    apiVersion: 2,
    correlationId: 0,
    clientId: 'golden-kafkajs',
    frame: '0012000200000000000e676f6c64656e2d6b61666b616a73',
    request: {},
  },
  {
    client: 'kafkajs 2.2.4',
    api: 'Metadata',
    apiVersion: 6,
    correlationId: 1,
    clientId: 'golden-kafkajs',
    frame: '0003000600000001000e676f6c64656e2d6b61666b616a73000000010006676f6c64656e01',
    request: { topics: [{ name: 'golden' }] },
  },
  {
    client: 'kafkajs 2.2.4',
    api: 'Produce',
    apiVersion: 7,
    correlationId: 2,
    clientId: 'golden-kafkajs',
    frame:
      '0000000700000002000e676f6c64656e2d6b61666b616a73ffffffff00007530000000010006676f6c64656e000000010000000000000054000000000000000000000048000000000210032b4c0000000000010000018bcfe568000000018bcfe56801ffffffffffffffff000000000000000000021a000000026b0476310202680278100002020104763200',
    request: {
      acks: -1,
      timeoutMs: 30000,
      topicData: [
        {
          name: 'golden',
          partitionData: [
            {
              index: 0,
              records:
                '000000000000000000000048000000000210032b4c0000000000010000018bcfe568000000018bcfe56801ffffffffffffffff000000000000000000021a000000026b0476310202680278100002020104763200',
            },
          ],
        },
      ],
    },
  },
  {
    client: 'kafkajs 2.2.4',
    api: 'Fetch',
    apiVersion: 11,
    correlationId: 0,
    clientId: 'golden-kafkajs',
    frame:
      '0001000b00000000000e676f6c64656e2d6b61666b616a73ffffffff000013880000000100a000000100000000ffffffff000000010006676f6c64656e0000000100000000ffffffff0000000000000000ffffffffffffffff00100000000000000000',
    request: {
      maxWaitMs: 5000,
      minBytes: 1,
      maxBytes: 10485760,
      isolationLevel: 1,
      topics: [{ topic: 'golden', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1048576 }] }],
    },
  },
  {
    client: 'kafkajs 2.2.4',
    api: 'SyncGroup',
    apiVersion: 3,
    correlationId: 5,
    clientId: 'golden-kafkajs',
    frame:
      '000e000300000005000e676f6c64656e2d6b61666b616a73000c676f6c64656e2d67726f75700000000100086d656d6265722d31ffff0000000100086d656d6265722d310000001a0000000000010006676f6c64656e000000010000000000000000',
    request: {
      groupId: 'golden-group',
      generationId: 1,
      memberId: 'member-1',
      assignments: [{ memberId: 'member-1', assignment: '0000000000010006676f6c64656e000000010000000000000000' }],
    },
  },
  {
    client: 'kafkajs 2.2.4',
    api: 'OffsetCommit',
    apiVersion: 5,
    correlationId: 8,
    clientId: 'golden-kafkajs',
    frame:
      '0008000500000008000e676f6c64656e2d6b61666b616a73000c676f6c64656e2d67726f75700000000100086d656d6265722d31000000010006676f6c64656e0000000100000000000000000000000200046e6f7465',
    request: {
      groupId: 'golden-group',
      generationIdOrMemberEpoch: 1,
      memberId: 'member-1',
      topics: [{ name: 'golden', partitions: [{ partitionIndex: 0, committedOffset: 2, committedMetadata: 'note' }] }],
    },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'ApiVersions',
    apiVersion: 3,
    correlationId: 1,
    clientId: 'golden-librdkafka',
    frame:
      '00120003000000010011676f6c64656e2d6c696272646b61666b610017636f6e666c75656e742d6b61666b612d707974686f6e16322e31362e312d72646b61666b612d322e31362e3000',
    request: { clientSoftwareName: 'confluent-kafka-python', clientSoftwareVersion: '2.16.1-rdkafka-2.16.0' },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'Metadata',
    apiVersion: 13,
    correlationId: 2,
    clientId: 'golden-librdkafka',
    frame:
      '0003000d000000020011676f6c64656e2d6c696272646b61666b6100020000000000000000000000000000000007676f6c64656e00010000',
    request: { topics: [{ name: 'golden' }] },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'Produce',
    apiVersion: 10,
    correlationId: 2,
    clientId: 'golden-librdkafka',
    frame:
      '0000000a000000020011676f6c64656e2d6c696272646b61666b610000ffff000075300207676f6c64656e02000000004c00000000000000000000003f00000000029f24bf720000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff000000011a000000026b0476310202680278000000',
    request: {
      acks: -1,
      timeoutMs: 30000,
      topicData: [
        {
          name: 'golden',
          partitionData: [
            {
              index: 0,
              records:
                '00000000000000000000003f00000000029f24bf720000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff000000011a000000026b0476310202680278',
            },
          ],
        },
      ],
    },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'Fetch',
    apiVersion: 16,
    correlationId: 6,
    clientId: 'golden-librdkafka',
    frame:
      '00010010000000060011676f6c64656e2d6c696272646b61666b6100000001f400000001032000000100000000ffffffff024142434445464748494a4b4c4d4e4f500200000000000000030000000000000000ffffffffffffffffffffffff001000000000010100',
    request: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      isolationLevel: 1,
      topics: [
        {
          topicId: 'QUJDREVGR0hJSktMTU5PUA',
          partitions: [{ partition: 0, currentLeaderEpoch: 3, fetchOffset: 0, partitionMaxBytes: 1048576 }],
        },
      ],
    },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'OffsetFetch',
    apiVersion: 9,
    correlationId: 7,
    clientId: 'golden-librdkafka',
    frame:
      '00090009000000070011676f6c64656e2d6c696272646b61666b6100020d676f6c64656e2d67726f757000ffffffff0207676f6c64656e020000000000000100',
    request: {
      groups: [{ groupId: 'golden-group', topics: [{ name: 'golden', partitionIndexes: [0] }] }],
      requireStable: true,
    },
  },
  {
    client: 'librdkafka 2.16.0',
    api: 'AlterUserScramCredentials',
    apiVersion: 0,
    correlationId: 15,
    clientId: 'golden-librdkafka',
    frame:
      '003300000000000f0011676f6c64656e2d6c696272646b61666b6100010206616c69636501000020000573616c74210198f298dc651a50507de4377419a4dad080cae066f48a38ecd9c5a7afa5c9ec000000',
    request: {
      deletions: [],
      upsertions: [
        {
          name: 'alice',
          mechanism: 1,
          iterations: 8192,
          salt: '73616c74',
          saltedPassword: '0198f298dc651a50507de4377419a4dad080cae066f48a38ecd9c5a7afa5c9ec',
        },
      ],
    },
  },
  {
    client: 'kafka-python 3.0.12',
    api: 'FindCoordinator',
    apiVersion: 6,
    correlationId: 2,
    clientId: 'golden-kafka-python',
    frame: '000a0006000000020013676f6c64656e2d6b61666b612d707974686f6e0000020d676f6c64656e2d67726f757000',
    request: { coordinatorKeys: ['golden-group'] },
  },
  {
    client: 'kafka-python 3.0.12',
    api: 'Fetch',
    apiVersion: 12,
    correlationId: 5,
    clientId: 'golden-kafka-python',
    frame:
      '0001000c000000050013676f6c64656e2d6b61666b612d707974686f6e00ffffffff000001f400000001032000000000000000000000000207676f6c64656e0200000000000000030000000000000000ffffffffffffffffffffffff001000000000010100',
    request: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      sessionEpoch: 0,
      topics: [
        {
          topic: 'golden',
          partitions: [{ partition: 0, currentLeaderEpoch: 3, fetchOffset: 0, partitionMaxBytes: 1048576 }],
        },
      ],
    },
  },
  {
    client: 'kafka-python 3.0.12',
    api: 'ListOffsets',
    apiVersion: 11,
    correlationId: 3,
    clientId: 'golden-kafka-python',
    frame:
      '0002000b000000030013676f6c64656e2d6b61666b612d707974686f6e00ffffffff000207676f6c64656e0200000000fffffffffffffffffffffffe00000000000000',
    request: { topics: [{ name: 'golden', partitions: [{ partitionIndex: 0, timestamp: -2 }] }] },
  },
  {
    client: 'Java 4.4.0',
    api: 'ApiVersions',
    apiVersion: 5,
    correlationId: 4,
    clientId: 'golden-java',
    frame:
      '0012000500000004000b676f6c64656e2d6a61766100126170616368652d6b61666b612d6a61766106342e342e301751307856553152465569314a524330784d6a4d304e510000000100',
    request: {
      clientSoftwareName: 'apache-kafka-java',
      clientSoftwareVersion: '4.4.0',
      clusterId: 'Q0xVU1RFUi1JRC0xMjM0NQ',
      nodeId: 1,
    },
  },
  {
    client: 'Java 4.4.0',
    api: 'Produce',
    apiVersion: 13,
    correlationId: 5,
    clientId: 'golden-java',
    frame:
      '0000000d00000005000b676f6c64656e2d6a6176610000ffff00007530024142434445464748494a4b4c4d4e4f5002000000004800000000000000000000003bffffffff02e6db634c0000000000000000018bcfe568000000018bcfe568000000000000000fa00000000000000000000112000000026b04763100000000',
    request: {
      acks: -1,
      timeoutMs: 30000,
      topicData: [
        {
          topicId: 'QUJDREVGR0hJSktMTU5PUA',
          partitionData: [
            {
              index: 0,
              records:
                '00000000000000000000003bffffffff02e6db634c0000000000000000018bcfe568000000018bcfe568000000000000000fa00000000000000000000112000000026b04763100',
            },
          ],
        },
      ],
    },
  },
  {
    client: 'Java 4.4.0',
    api: 'Fetch',
    apiVersion: 18,
    correlationId: 10,
    clientId: 'golden-java',
    frame:
      '000100120000000a000b676f6c64656e2d6a61766100000001f40000000103200000000000000000000000024142434445464748494a4b4c4d4e4f500200000000000000030000000000000000ffffffffffffffffffffffff0010000000000103723100',
    request: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52428800,
      sessionEpoch: 0,
      topics: [
        {
          topicId: 'QUJDREVGR0hJSktMTU5PUA',
          partitions: [{ partition: 0, currentLeaderEpoch: 3, fetchOffset: 0, partitionMaxBytes: 1048576 }],
        },
      ],
      rackId: 'r1',
    },
  },
  {
    client: 'Java 4.4.0',
    api: 'JoinGroup',
    apiVersion: 9,
    correlationId: 4,
    clientId: 'golden-java',
    frame:
      '000b000900000004000b676f6c64656e2d6a617661000d676f6c64656e2d67726f75700000afc8000493e0010009636f6e73756d6572030672616e67651f0003000000010006676f6c64656effffffff00000000ffffffff000272310013636f6f70657261746976652d737469636b79230003000000010006676f6c64656e00000004ffffffff00000000ffffffff00027231000100',
    request: {
      groupId: 'golden-group',
      sessionTimeoutMs: 45000,
      rebalanceTimeoutMs: 300000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [
        { name: 'range', metadata: '0003000000010006676f6c64656effffffff00000000ffffffff00027231' },
        {
          name: 'cooperative-sticky',
          metadata: '0003000000010006676f6c64656e00000004ffffffff00000000ffffffff00027231',
        },
      ],
      reason: '',
    },
  },
  {
    client: 'Java 4.4.0',
    api: 'OffsetCommit',
    apiVersion: 9,
    correlationId: 12,
    clientId: 'golden-java',
    frame:
      '000800090000000c000b676f6c64656e2d6a617661000d676f6c64656e2d67726f757000000001096d656d6265722d31000207676f6c64656e0200000000000000000000000100000003056e6f7465000000',
    request: {
      groupId: 'golden-group',
      generationIdOrMemberEpoch: 1,
      memberId: 'member-1',
      topics: [
        {
          name: 'golden',
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 3, committedMetadata: 'note' }],
        },
      ],
    },
  },
  {
    client: 'Java 4.4.0',
    api: 'DescribeTopicPartitions',
    apiVersion: 0,
    correlationId: 6,
    clientId: 'golden-java',
    frame: '004b000000000006000b676f6c64656e2d6a617661000207676f6c64656e00000007d0ff00',
    request: { topics: [{ name: 'golden' }] },
  },
  {
    client: 'Java 4.4.0',
    api: 'AlterClientQuotas',
    apiVersion: 1,
    correlationId: 34,
    clientId: 'golden-java',
    frame:
      '0031000100000022000b676f6c64656e2d6a617661000202057573657206616c69636500031370726f64756365725f627974655f726174654016000000000000000013636f6e73756d65725f627974655f7261746500000000000000000100000000',
    request: {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'alice' }],
          ops: [
            { key: 'producer_byte_rate', value: 5.5, remove: false },
            { key: 'consumer_byte_rate', value: 0, remove: true },
          ],
        },
      ],
      validateOnly: false,
    },
  },
];
