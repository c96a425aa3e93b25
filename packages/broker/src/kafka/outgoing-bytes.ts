/** One answer on its way out. */
interface Outgoing {
  readonly parts: readonly Uint8Array[];
  /** Its last byte was taken. */
  readonly taken: () => void;
}

/** Answers that wait for the socket, in order. They are handed over piece by piece, so that a slow reader's progress shows. */
export class OutgoingBytes {
  readonly #queue: Outgoing[] = [];
  /** Of the first answer: the part that is being handed over, and how much of it has been. */
  #part = 0;
  #position = 0;
  #bytes = 0;

  get count(): number {
    return this.#queue.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(parts: readonly Uint8Array[], bytes: number, taken: () => void): void {
    this.#queue.push({ parts, taken });
    this.#bytes += bytes;
  }

  /** What comes next, up to this many bytes; empty when there is nothing. */
  take(bytesMax: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let room = bytesMax;
    for (let first = this.#queue[0]; first !== undefined && room > 0; first = this.#queue[0]) {
      const part = first.parts[this.#part];
      if (part === undefined) {
        this.#queue.shift();
        this.#part = 0;
        first.taken();
        continue;
      }
      const piece = part.subarray(this.#position, this.#position + room);
      taken.push(piece);
      room -= piece.length;
      this.#bytes -= piece.length;
      this.#position += piece.length;
      if (this.#position < part.length) continue;
      this.#part++;
      this.#position = 0;
    }
    return taken;
  }

  clear(): void {
    for (const { taken } of this.#queue.splice(0)) taken();
    this.#part = 0;
    this.#position = 0;
    this.#bytes = 0;
  }
}
