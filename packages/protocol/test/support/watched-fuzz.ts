import { memoryUsage, threadCpuUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { dice, type FuzzKind, type FuzzOutcome, fuzz, specimens } from './fuzz.ts';

/** What fuzzed frames may cost. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const BLOCK_MS_MAX = 50;
/** Decoded without a break, as by an event loop that has so many waiting: some hundred microseconds. */
const TURN_FRAMES = 10;

export interface FuzzPlan {
  readonly kind: FuzzKind;
  readonly frames: number;
  /** Before anything is measured: decoders are compiled by their first message, and by V8 after some thousands. */
  readonly warmUpFrames: number;
  /** Memory is looked at after each so many. */
  readonly sampleFrames: number;
  readonly seed: number;
}

export interface FuzzSample extends FuzzOutcome {
  readonly frames: number;
  /** Since the warm-up: what is in use after a collection. */
  readonly heapGrowthBytes: number;
  /** Since the warm-up: memory of the process as it stands, before the collection. */
  readonly residentGrowthBytes: number;
  /** Of the processor, by the {@link TURN_FRAMES} that took the most: by the clock, what else the machine does would count. */
  readonly blockMs: number;
}

/** Fuzzes, and measures in between. The growths and the block of the last sample are the largest of all. */
export function watchedFuzz(plan: FuzzPlan, onSample?: (sample: FuzzSample) => void): FuzzSample {
  const { kind, seed } = plan;
  const [roll, valid, collect] = [dice(seed), specimens(seed), collector()];
  fuzz(kind, plan.warmUpFrames, roll, valid);
  const { rss } = memoryUsage();
  collect();
  const { heapUsed } = memoryUsage();
  let sample = { frames: 0, values: 0, refused: 0, heapGrowthBytes: 0, residentGrowthBytes: 0, blockMs: 0 };
  while (sample.frames < plan.frames) {
    let { frames, values, refused, blockMs } = sample;
    for (const end = Math.min(frames + plan.sampleFrames, plan.frames); frames < end; frames += TURN_FRAMES) {
      const before = threadCpuUsage();
      const outcome = fuzz(kind, TURN_FRAMES, roll, valid);
      const { user, system } = threadCpuUsage(before);
      blockMs = Math.max(blockMs, (user + system) / 1000);
      values += outcome.values;
      refused += outcome.refused;
    }
    const residentGrowthBytes = Math.max(sample.residentGrowthBytes, memoryUsage().rss - rss);
    collect();
    const heapGrowthBytes = Math.max(sample.heapGrowthBytes, memoryUsage().heapUsed - heapUsed);
    sample = { frames, values, refused, heapGrowthBytes, residentGrowthBytes, blockMs };
    onSample?.(sample);
  }
  return sample;
}

/** Which limits the frames have broken; empty when none. `isAlone`: nothing else runs in this process. */
export function brokenLimits(sample: FuzzSample, isAlone: boolean): string[] {
  const broken: string[] = [];
  if (sample.heapGrowthBytes > GROWTH_BYTES_MAX) broken.push(`the heap grew by ${sample.heapGrowthBytes} bytes`);
  if (isAlone && sample.residentGrowthBytes > GROWTH_BYTES_MAX)
    broken.push(`the process grew by ${sample.residentGrowthBytes} bytes`);
  if (sample.blockMs > BLOCK_MS_MAX) broken.push(`${TURN_FRAMES} frames took ${sample.blockMs} ms of the processor`);
  return broken;
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('V8 exposes its collector');
  return () => {
    gc();
  };
}
