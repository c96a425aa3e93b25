/** `1 record`, `2 records`, `3,000 batches`. */
export function counted(count: number | bigint, noun: string): string {
  const plural = noun.endsWith('ch') ? `${noun}es` : `${noun}s`;
  return `${count.toLocaleString('en')} ${Number(count) === 1 ? noun : plural}`;
}
