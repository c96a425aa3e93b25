import { MoldauError } from '../errors.ts';

/**
 * A program without types, or a setting that is missing, can hand over anything. It is refused before anybody asks the
 * brokers for it: one name that cannot be written would spoil the look-ups of all other topics of this client.
 *
 * @throws MoldauError INVALID_ARGUMENT
 */
export function checkTopicName(name: unknown): void {
  if (typeof name === 'string' && name !== '') return;
  const given = name === '' ? 'empty' : String(name);
  throw new MoldauError('INVALID_ARGUMENT', `a topic is named by a text that is not empty; this name is ${given}`);
}
