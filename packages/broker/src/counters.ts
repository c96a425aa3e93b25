/** Plain fields, added to on the hot path and walked when scraped. One for the broker, one for each topic. */
export class BrokerCounters {
  isrShrinks = 0;
  isrExpands = 0;
  failedIsrUpdates = 0;
  replicationBytesIn = 0;
  replicationBytesOut = 0;
  truncations = 0;
  truncatedBelowHighWatermark = 0;
}

export class TopicCounters {
  bytesIn = 0;
  bytesOut = 0;
  messagesIn = 0;
  /** Records of batches that were compressed anew. */
  messageConversions = 0;
  produceRequests = 0;
  fetchRequests = 0;
  failedProduceRequests = 0;
  failedFetchRequests = 0;
}
