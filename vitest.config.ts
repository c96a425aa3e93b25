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
        },
      },
      { test: { name: 'sim', include: ['packages/*/test/**/*.sim.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          name: 'process',
          include: ['{packages/*/test,scripts/test,test-e2e}/**/*.process.test.ts'],
          fileParallelism: false,
          // After all others: a loaded machine would make their deadlines meaningless.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
    ],
  },
});
