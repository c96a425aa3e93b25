const NAME_LENGTH_MAX = 249;
const NAME_PATTERN = /^[a-zA-Z0-9._-]+$/;

/** What is wrong with the name and what to do; undefined when it is valid. The rules are Kafka's. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'A topic name is empty. Give 1 to 249 characters of a-z, A-Z, 0-9, ".", "_" and "-".';
  if (name === '.' || name === '..') return `A topic cannot be called "${name}". Choose another name.`;
  if (name.length > NAME_LENGTH_MAX) {
    return `A topic name has ${name.length} characters; the most is ${NAME_LENGTH_MAX}. Choose a shorter name.`;
  }
  if (!NAME_PATTERN.test(name)) {
    return `The topic name ${JSON.stringify(name)} has characters that are not allowed. Use a-z, A-Z, 0-9, ".", "_" and "-".`;
  }
  return undefined;
}

/** Names with the same key cannot both exist: in the names of metrics "." becomes "_". */
export function topicCollisionKey(name: string): string {
  return name.replaceAll('.', '_');
}

/** Where brokers keep their own state: `__consumer_offsets`, and later `__transaction_state`. */
const INTERNAL_TOPICS: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state']);

/** Only brokers write to it, and what lies in which of its partitions follows from their number. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}
