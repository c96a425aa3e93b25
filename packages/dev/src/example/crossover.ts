/**
 * Moving-average crossover: buy when the average of the last few prices rises above the average of the last many, sell
 * when it falls below. Pure; the state of a symbol is all that it needs to go on after a restart.
 */

/** What is known about one symbol. */
export interface SymbolState {
  /** The last prices, oldest first, at most {@link SLOW_COUNT}. */
  readonly prices: readonly number[];
  /** Shares held. */
  readonly position: number;
  /** Money won or lost by closed trades and spent on the open one. */
  readonly cash: number;
}

export interface Decision {
  readonly side: 'buy' | 'sell';
  readonly quantity: number;
  readonly price: number;
}

const FAST_COUNT = 5;
export const SLOW_COUNT = 20;
const QUANTITY = 100;

export const NEW_SYMBOL: SymbolState = { prices: [], position: 0, cash: 0 };

/** One price further: the new state, and what to do at this price, if anything. */
export function onPrice(state: SymbolState, price: number): { state: SymbolState; decision: Decision | undefined } {
  const prices = [...state.prices, price].slice(-SLOW_COUNT);
  if (prices.length < SLOW_COUNT) return { state: { ...state, prices }, decision: undefined };
  const rising = average(prices.slice(-FAST_COUNT)) > average(prices);
  if (rising && state.position === 0) {
    const decision: Decision = { side: 'buy', quantity: QUANTITY, price };
    return { state: { prices, position: QUANTITY, cash: state.cash - QUANTITY * price }, decision };
  }
  if (!rising && state.position > 0) {
    const decision: Decision = { side: 'sell', quantity: state.position, price };
    return { state: { prices, position: 0, cash: state.cash + state.position * price }, decision };
  }
  return { state: { ...state, prices }, decision: undefined };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
