/**
 * CRC-32C of the frame that each version of each message makes of its example, by version. The frames were read and written
 * again by Kafka's own Java code (4.4.0; those of ACLs by franz-go's), byte for byte the same: what changes one of these lines is no longer what Kafka
 * speaks, or says of a new version something that is still to be compared with it.
 */
export const EXAMPLE_CHECKSUMS: Readonly<Record<string, string>> = {
  'Produce request':
    '3:3cff775a 4:0a986c50 5:008fb23e 6:1eb7d08c 7:14a00ee2 8:7279e698 9:e95d5e02 10:22498333 11:981e1a73 12:b18c4fa0 13:7c363c4a',
  'Produce response':
    '3:f3f4e3fd 4:f3f4e3fd 5:f49146bf 6:f49146bf 7:f49146bf 8:48a08258 9:d9683911 10:01834787 11:01834787 12:01834787 13:18be4010',
  'Fetch request':
    '4:36335ae8 5:b112f23e 6:2b181e5f 7:4cd6454a 8:aab699df 9:ee514522 10:359faab2 11:d4f7b453 12:1182f0e6 13:3947a7c6 14:99f7ad15 15:7da77280 16:4c30761a 17:36abdec3 18:fbc72d11',
  'Fetch response':
    '4:ee53b705 5:e41b78e7 6:e41b78e7 7:6d62510f 8:6d62510f 9:6d62510f 10:6d62510f 11:49ae7beb 12:b0fb6d47 13:34392f71 14:34392f71 15:34392f71 16:631e57bd 17:631e57bd 18:631e57bd',
  'ListOffsets request':
    '1:8c80c39e 2:4b119392 3:7874a7f8 4:d8bb48bd 5:a4881ccb 6:c0b4f1ca 7:14ba4659 8:8f5727fc 9:5b59906f 10:734424c9 11:2401a478',
  'ListOffsets response':
    '1:70f487bd 2:6d8ef88c 3:6d8ef88c 4:43d40d8d 5:43d40d8d 6:9796667f 7:9796667f 8:9796667f 9:9796667f 10:9796667f 11:9796667f',
  'Metadata request':
    '0:ff72ab93 1:87d5cb1e 2:0e3c6a89 3:769b0a04 4:25e16d35 5:1847bdfe 6:5eaccca3 7:630a1c68 8:26e562f3 9:f51da376 10:61eb4552 11:0f65c621 12:46a13dde 13:32afd2dc',
  'Metadata response':
    '0:76327921 1:3efb2af5 2:af703350 3:2fe6e556 4:2fe6e556 5:a204f88c 6:a204f88c 7:442bd2c4 8:127ab331 9:f0f0a478 10:075e3f58 11:e8a31c85 12:e8a31c85 13:be021495',
  'OffsetCommit request':
    '2:74ab973a 3:1a5fe58f 4:177ece75 5:e71b2ab5 6:962a6e2e 7:905a04e0 8:faf75e71 9:5e9f438a 10:4e7f5ac6',
  'OffsetCommit response':
    '2:42218cb5 3:27ad602b 4:27ad602b 5:27ad602b 6:27ad602b 7:27ad602b 8:a51c910f 9:a51c910f 10:66f9d5ab',
  'OffsetFetch request':
    '1:247b4732 2:acbcd70c 3:285a7549 4:b8df8181 5:3c3923c4 6:f8a9dc6f 7:e0b81044 8:4e2c70a8 9:dee8e42c 10:61ace523',
  'OffsetFetch response':
    '1:44b9c962 2:ee89ef10 3:0a6e5f5e 4:0a6e5f5e 5:e46daa88 6:77507dde 7:77507dde 8:47319fb8 9:47319fb8 10:3b27b6f3',
  'FindCoordinator request': '0:51ecc38b 1:9f2ba89b 2:c6efb05c 3:b7e90247 4:e57c82d6 5:12a749f3 6:0f27626d',
  'FindCoordinator response': '0:914774e0 1:1ee371c0 2:1ee371c0 3:02c6bbaf 4:89ba5614 5:89ba5614 6:89ba5614',
  'JoinGroup request':
    '0:6797ea59 1:51c28510 2:cb43df64 3:bd3ce948 4:fbad1d7d 5:948d4cc9 6:c79a6fbd 7:fe49dd2b 8:b039b0bd 9:b803de51',
  'JoinGroup response':
    '0:d984dd0e 1:d984dd0e 2:947ee7e5 3:947ee7e5 4:947ee7e5 5:7613ddbd 6:e28dc8ef 7:ae177a13 8:ae177a13 9:32473d60',
  'Heartbeat request': '0:c0eb3f11 1:b84c5f9c 2:31a5fe0b 3:1357b910 4:ee425e8f',
  'Heartbeat response': '0:61ea77f1 1:5ede01d2 2:5ede01d2 3:5ede01d2 4:9220f06a',
  'LeaveGroup request': '0:62d7cfbe 1:3ce95d1e 2:deaaeafe 3:18898775 4:2ad4b11b 5:94bcddc7',
  'LeaveGroup response': '0:61ea77f1 1:5ede01d2 2:5ede01d2 3:feaa1dea 4:485ca109 5:485ca109',
  'SyncGroup request': '0:87f567b4 1:0313c5f1 2:8bd455cf 3:2621c419 4:7775942d 5:246a11d6',
  'SyncGroup response': '0:893254e0 1:722b0576 2:722b0576 3:722b0576 4:e9b7f59e 5:a59e9ba7',
  'DescribeGroups request': '0:486bc544 1:30cca5c9 2:b925045e 3:923fc36a 4:224ff11b 5:c5052cec 6:d8850772',
  'DescribeGroups response': '0:aaaffafe 1:ae871693 2:ae871693 3:e0a04549 4:640faa12 5:c33b7fbc 6:6b46bc15',
  'ListGroups request': '0:a287be35 1:35f649f4 2:89882746 3:a31cbb3c 4:fb692587 5:07d1af85',
  'ListGroups response': '0:ae80e1b7 1:00cb5679 2:00cb5679 3:e89b1fda 4:19c31954 5:3d3f3803',
  'ApiVersions request': '0:c323ceff 1:5452393e 2:e82c578c 3:e622744f 4:7977ffde 5:d1eaa517',
  'ApiVersions response': '0:0b81f701 1:c7476568 2:c7476568 3:749fa939 4:749fa939 5:749fa939',
  'CreateTopics request': '2:1d97677c 3:aab12acb 4:a17651dd 5:8607ce38 6:919aa72b 7:604a5275',
  'CreateTopics response': '2:01958f43 3:01958f43 4:01958f43 5:79eb7a19 6:79eb7a19 7:439d850a',
  'DeleteTopics request': '1:19394e01 2:7b72f464 3:5ab46247 4:7708bce9 5:4aae6c22 6:e9c1c6a1',
  'DeleteTopics response': '1:86521277 2:86521277 3:86521277 4:98ff79c8 5:5c9aceda 6:4fe65c41',
  'DeleteRecords request': '0:7ee11777 1:f6a85754 2:38c4f03f',
  'DeleteRecords response': '0:71727935 1:71727935 2:21fa7a01',
  'InitProducerId request': '0:e6745b2d 1:93a7ab15 2:8d0cc2da 3:21038b4e 4:5c204e88 5:22d4c559',
  'InitProducerId response': '0:e5bc4c8b 1:e5bc4c8b 2:65e25d3c 3:65e25d3c 4:65e25d3c 5:65e25d3c',
  'OffsetForLeaderEpoch request': '2:0925796f 3:b982e230 4:93cdb8cf',
  'OffsetForLeaderEpoch response': '2:4cbadf8d 3:4cbadf8d 4:66f31674',
  'DescribeAcls request': '1:eb7494f2 2:9c6d8026 3:dfe22006',
  'DescribeAcls response': '1:8cb3b489 2:463d4a40 3:463d4a40',
  'CreateAcls request': '1:42789515 2:af965cb2 3:b38f7889',
  'CreateAcls response': '1:66199111 2:36956679 3:36956679',
  'DeleteAcls request': '1:3407a339 2:a10c20c8 3:bd1504f3',
  'DeleteAcls response': '1:0f63aa25 2:5aa5ef26 3:5aa5ef26',
  'DescribeConfigs request': '1:e9d2df9a 2:ef170b82 3:b54bbafa 4:b5e33bd0',
  'DescribeConfigs response': '1:4a0a509a 2:4a0a509a 3:e05c6777 4:f55a11a7',
  'AlterConfigs request': '0:d14b9a4e 1:ad78ce38 2:b9763a1a',
  'AlterConfigs response': '0:5ea5c87e 1:5ea5c87e 2:32655b97',
  'DescribeLogDirs request': '1:4b85d202 2:f97a4dfa 3:e55350fe 4:b18c03e2 5:ada51ee6',
  'DescribeLogDirs response': '1:1fe648bc 2:a74ea338 3:260fe0e1 4:8385aff2 5:7ac716d5',
  'CreatePartitions request': '0:2758d24a 1:ee774bc7 2:48071660 3:1a30baf2',
  'CreatePartitions response': '0:01958f43 1:01958f43 2:5c9aceda 3:5c9aceda',
  'DeleteGroups request': '0:19287d5d 1:618f1dd0 2:5d64a4d5 3:ff712fe1',
  'DeleteGroups response': '0:86521277 1:86521277 2:98ff79c8 3:5c9aceda',
  'ElectLeaders request': '0:40ba8897 1:ad283d70 2:4c260d1c',
  'ElectLeaders response': '0:297a6e15 1:84095eba 2:9a813251',
  'IncrementalAlterConfigs request': '0:c7faeaa8 1:1e0f124d',
  'IncrementalAlterConfigs response': '0:5ea5c87e 1:32655b97',
  'AlterPartitionReassignments request': '0:06669090 1:d7335e5a',
  'AlterPartitionReassignments response': '0:dadc59b2 1:27dba209',
  'ListPartitionReassignments request': '0:084a7302',
  'ListPartitionReassignments response': '0:95355c58',
  'OffsetDelete request': '0:a31ccc99',
  'OffsetDelete response': '0:0718411b',
  'DescribeClientQuotas request': '0:64997936 1:cb187639',
  'DescribeClientQuotas response': '0:c5ca6de5 1:22ba79c1',
  'AlterClientQuotas request': '0:05d4390c 1:572473ff',
  'AlterClientQuotas response': '0:d23e7b7f 1:5dbc2ff0',
  'DescribeUserScramCredentials request': '0:19e69169',
  'DescribeUserScramCredentials response': '0:3a6f3530',
  'AlterUserScramCredentials request': '0:83107ee4',
  'AlterUserScramCredentials response': '0:5c9aceda',
  'DescribeQuorum request': '0:012c368b 1:a542c221 2:4c1da92e',
  'DescribeQuorum response': '0:61880bc7 1:0fbef1ac 2:a1fc63c3',
  'UpdateFeatures request': '0:efdf6576 1:4ab98568 2:856fdd89',
  'UpdateFeatures response': '0:d7affca1 1:d7affca1 2:65a9fe98',
  'DescribeCluster request': '0:b0dae4f3 1:f238d8db 2:0b2d41ea',
  'DescribeCluster response': '0:a67d9e24 1:cab11be2 2:5af84647',
  'UnregisterBroker request': '0:ef85de8b',
  'UnregisterBroker response': '0:65a9fe98',
  'ListConfigResources request': '0:fc457295 1:5ec254b5',
  'ListConfigResources response': '0:f8b042e3 1:598d1e98',
  'DescribeTopicPartitions request': '0:4c6952be',
  'DescribeTopicPartitions response': '0:0ee22ec6',
  'AddRaftVoter request': '0:34fda408 1:d0aa98d6',
  'AddRaftVoter response': '0:65a9fe98 1:65a9fe98',
  'RemoveRaftVoter request': '0:8aea2a5c',
  'RemoveRaftVoter response': '0:65a9fe98',
};
