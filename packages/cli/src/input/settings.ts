import { usageError } from '../cli-error.ts';

/** `name=value` each. @throws CliError */
export function settings(texts: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    if (at <= 0) throw usageError(`${JSON.stringify(text)} is no setting`, 'write NAME=VALUE');
    return [text.slice(0, at), text.slice(at + 1)];
  });
}
