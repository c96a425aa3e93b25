import { defineConfig } from 'vitest/config';

/** unit: pure parts; sim: simulated clusters; process: real processes and sockets on loopback, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
          exclude: ['**/*.sim.test.ts', '**/*.process.test.ts'],
          // None is about real time: this is for machines that do other things as well.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'sim', include: ['packages/*/test/**/*.sim.test.ts'], testTimeout: 300_000 } },
      {
        test: {
          name: 'process',
          include: ['{packages/*/test,scripts/test,test-e2e}/**/*.process.test.ts'],
          fileParallelism: false,
          // After all others: a loaded machine would make their deadlines meaningless.
          sequence: { groupOrder: 1 },
          // Above the sum of the waits within, so that it is them who say what did not come.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
