import { fork } from 'node:child_process';
import process, { argv, execArgv, stdout } from 'node:process';
import type { FuzzKind } from './support/fuzz.ts';
import { brokenLimits, type FuzzSample, watchedFuzz } from './support/watched-fuzz.ts';

/**
 * The long run: `npm run program -- packages/protocol/test/fuzz-run.ts [frames of each kind] [seed]`. Ten million random frames,
 * then ten million mutated ones, each kind in a process of its own; what it takes is printed after each million. Ends with 1
 * when a limit is broken.
 *
 * V8 doubles the memory of its young objects once enough of them are alive at a collection: a single step of 64 MiB, some
 * time within the first millions, whatever allocates. Here it begins at its largest, so that what grows is what is kept, and
 * what waits to be collected.
 */
const YOUNG = '--min-semi-space-size=64';
const WARM_UP_FRAMES = 1_000_000;
const SAMPLE_FRAMES = 1_000_000;

const [framesGiven = '10000000', seedGiven = '20261128', kind] = argv.slice(2);
const [frames, seed] = [Number(framesGiven), Number(seedGiven)];
if (!(Number.isSafeInteger(frames) && frames > 0 && Number.isSafeInteger(seed)))
  throw new Error('frames and a seed are numbers');

if (kind === 'random' || kind === 'mutated') run(kind);
else for (const each of ['random', 'mutated']) await inProcess(each);

function run(of: FuzzKind): void {
  const plan = { kind: of, frames, warmUpFrames: WARM_UP_FRAMES, sampleFrames: SAMPLE_FRAMES, seed };
  stdout.write(`${of}: ${frames} frames after ${WARM_UP_FRAMES} of warm-up, seed ${seed}\n`);
  const broken = brokenLimits(watchedFuzz(plan, show), true);
  for (const each of broken) stdout.write(`BROKEN: ${each}\n`);
  if (broken.length > 0) process.exitCode = 1;
}

function show({ frames: done, values, refused, heapGrowthBytes, residentGrowthBytes, blockMs }: FuzzSample): void {
  const [heap, resident] = [heapGrowthBytes, residentGrowthBytes].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
  const block = `longest block ${blockMs.toFixed(1)} ms of the processor`;
  stdout.write(`${done}: ${values} values, ${refused} refused; grown: heap ${heap}, resident ${resident}; ${block}\n`);
}

async function inProcess(of: string): Promise<void> {
  const child = fork(argv[1] ?? '', [framesGiven, seedGiven, of], { execArgv: [...execArgv, YOUNG] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) process.exitCode = 1;
}
