/** What a run of Vitest amounts to. `problems` are failures that are no single test; each is counted in `failed`. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

/** Runs one part of the whole. What it throws is one failure and not the end: the other parts still count. */
export async function countPart(what: string, run: () => Promise<Tally>): Promise<Tally> {
  try {
    return await run();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { passed: 0, failed: 1, problems: [`${what}: ${why}`] };
  }
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly { readonly status: string }[];
}

/**
 * Counts tests, and as one failure each: a file that failed outside its tests, a run without a report, a run in which
 * no test was executed, and an exit code that says "failed" when nothing in the report does.
 *
 * @param report the parsed JSON report, or undefined when there is none
 */
export function countTests(report: unknown, exitCode: number): Tally {
  const files = isReport(report) ? report.testResults : [];
  const statuses = files.flatMap((file) => file.assertionResults.map(({ status }) => status));
  const passed = statuses.filter((status) => status === 'passed').length;
  const failedTests = statuses.filter((status) => status === 'failed').length;
  const problems = files.filter(failedOutsideTests).map((file) => `${file.name}: ${file.message || 'the file failed'}`);
  if (!isReport(report)) problems.push('the test run wrote no report');
  else if (passed + failedTests === 0) problems.push('no test was executed');
  if (exitCode !== 0 && failedTests + problems.length === 0) problems.push(`the test run ended with code ${exitCode}`);
  return { passed, failed: failedTests + problems.length, problems };
}

function failedOutsideTests(file: FileResult): boolean {
  return file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults);
}

/**
 * Reads the closing line `N passed, N failed` of a program that counts for itself. Without one, or with an exit code that
 * says otherwise, it is one failure.
 */
export function countClosingLine(output: string, exitCode: number, what: string): Tally {
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output.trimEnd().split('\n').at(-1) ?? '') ?? [];
  if (passed === undefined || failed === undefined) {
    return { passed: 0, failed: 1, problems: [`${what} ended with code ${exitCode} and did not say what it did`] };
  }
  const isUnexplained = exitCode !== 0 && Number(failed) === 0;
  const problems = isUnexplained ? [`${what} ended with code ${exitCode}`] : [];
  return { passed: Number(passed), failed: Number(failed) + problems.length, problems };
}
