/** What sends records, by whichever door. */
export interface RecordSender {
  /** @throws MoldauError OUTCOME_UNKNOWN when it may have been written; others say that it was not */
  send(
    topic: string,
    record: { readonly key: string; readonly value: string; readonly partition: number },
  ): Promise<{ readonly offset: bigint }>;
  /** No record is to be sent with it any more. */
  readonly isRetired: boolean;
}
