import { randomFillSync } from 'node:crypto';
import type { Random } from '@moldau/base';

/** One call of the system's generator fills this much: a call for each number would cost a microsecond. */
const POOL_BYTES = 4096;

/** The system's cryptographic generator. */
export class NodeRandom implements Random {
  readonly #pool = new DataView(new ArrayBuffer(POOL_BYTES));
  #used = POOL_BYTES;

  uint32(): number {
    if (this.#used === POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const value = this.#pool.getUint32(this.#used);
    this.#used += 4;
    return value;
  }

  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count));
  }
}
