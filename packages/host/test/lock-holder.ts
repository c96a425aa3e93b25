/** Takes the lock of the directory that it is given, says so, and stays until it is killed. */
import { NodeDisk, NodeTimers, systemClock } from '../src/index.ts';

const DAY_MS = 86_400_000;

const lock = await new NodeDisk().lock(process.argv[2] ?? '');
new NodeTimers(systemClock).after(DAY_MS, () => void lock.release());
process.stdout.write('locked\n');
