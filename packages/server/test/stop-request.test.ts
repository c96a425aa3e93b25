import { expect, test } from 'vitest';
import { type StoppableProcess, StopRequest } from '../src/stop-request.ts';

/** A process that can be sent signals without anybody dying. */
class ScriptedProcess implements StoppableProcess {
  readonly exits: number[] = [];
  readonly #listeners = new Map<string, () => void>();
  on(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
  }
  off(event: string): void {
    this.#listeners.delete(event);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  emit(event: string): void {
    this.#listeners.get(event)?.();
  }
}

test('the first signal asks, the second ends the process at once', async () => {
  const scripted = new ScriptedProcess();
  let nowMs = 0;
  const stop = new StopRequest(scripted, () => nowMs);
  scripted.emit('SIGTERM');
  expect(await stop.requested).toBe('SIGTERM');
  scripted.emit('SIGINT');
  expect(scripted.exits, 'the same one, passed on').toEqual([]);
  nowMs = 500;
  scripted.emit('SIGINT');
  expect(scripted.exits).toEqual([130]);
});

test('the loss of the supervisor asks; a signal after it still means now', async () => {
  const scripted = new ScriptedProcess();
  let nowMs = 0;
  const stop = new StopRequest(scripted, () => nowMs);
  scripted.emit('disconnect');
  expect(await stop.requested).toBe('supervisor gone');
  nowMs = 1_000;
  scripted.emit('SIGTERM');
  expect(scripted.exits).toEqual([143]);
});

test('after close nobody listens', () => {
  const scripted = new ScriptedProcess();
  new StopRequest(scripted).close();
  scripted.emit('SIGTERM');
  scripted.emit('SIGTERM');
  expect(scripted.exits).toEqual([]);
});
