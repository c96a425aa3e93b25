import { readFile, rename, writeFile } from 'node:fs/promises';
import { NEW_SYMBOL, type SymbolState } from './crossover.ts';

/**
 * What the strategy must remember to go on after a restart: how far it read, and what it knows of each symbol. Orders
 * that it wrote after it was saved are found again by their cause, so that none is given twice.
 */
export interface StrategyState {
  /** Next offset of each partition of the prices, as decimal text; JSON has no bigint. */
  readonly next: Record<number, string>;
  readonly symbols: Record<string, SymbolState>;
  /** End of the orders when this was saved. */
  ordersEnd: string;
}

export async function loadStrategy(file: string): Promise<StrategyState> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StrategyState;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { next: {}, symbols: {}, ordersEnd: '0' };
    throw error;
  }
}

export async function saveStrategy(file: string, state: StrategyState): Promise<void> {
  const text = JSON.stringify(state);
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

export function symbolState(state: StrategyState, symbol: string): SymbolState {
  return state.symbols[symbol] ?? NEW_SYMBOL;
}
