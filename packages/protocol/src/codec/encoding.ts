import type { WireVersion } from './plan.ts';
import type { WireWriter } from './wire-writer.ts';

/** Writes one value. What it is given comes from our own code, so what does not fit is a bug. */
export type Encode = (writer: WireWriter, value: unknown) => void;

/** What an encoder is compiled for. */
export interface Place {
  readonly wire: WireVersion;
  readonly nullable: boolean;
  /** For messages of errors. */
  readonly path: string;
}

/** The length of bytes or the count of an array; -1 for null. */
export function writeCount(writer: WireWriter, { flexible }: WireVersion, count: number): void {
  if (flexible) writer.unsignedVarint(count + 1);
  else writer.int32(count);
}
