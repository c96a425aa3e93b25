/** What one part of the run amounts to. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Which failed and why, for the end of the output: of a long run often only that is kept. */
  readonly failures: readonly string[];
}

/** Of a failure's own words, as many lines as tell it from others. */
const LINES_TOLD = 12;

/** Runs one part of the whole. What it throws is one failure and not the end: the other parts still count. */
export async function countPart(what: string, run: () => Promise<Tally>): Promise<Tally> {
  try {
    return await run();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { passed: 0, failed: 1, failures: [`${what}: ${why}`] };
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
  readonly assertionResults: readonly TestResult[];
}

interface TestResult {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
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
  const failures = files.flatMap(failuresOf);
  if (!isReport(report)) failures.push('the test run wrote no report');
  else if (passed + failures.length === 0) failures.push('no test was executed');
  if (exitCode !== 0 && failures.length === 0) failures.push(`the test run ended with code ${exitCode}`);
  return { passed, failed: failures.length, failures };
}

/** Each failed test of a file; or the file itself, when it failed outside of them. */
function failuresOf(file: FileResult): string[] {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (file.status === 'failed' && failed.length === 0) return [`${file.name}: ${file.message || 'the file failed'}`];
  return failed.map(({ fullName, failureMessages = [] }) => {
    const said = failureMessages.join('\n').split('\n').slice(0, LINES_TOLD).join('\n');
    return `${file.name}: ${fullName}\n${said}`;
  });
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults);
}

/**
 * Reads the closing line `N passed, N failed` of a program that counts for itself, and its lines that begin with
 * `FAILED`. Without a closing line, or with an exit code that says otherwise, it is one failure.
 */
export function countClosingLine(output: string, exitCode: number, what: string): Tally {
  const lines = output.trimEnd().split('\n');
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1) ?? '') ?? [];
  if (passed === undefined || failed === undefined) {
    return { passed: 0, failed: 1, failures: [`${what} ended with code ${exitCode} and did not say what it did`] };
  }
  const told = lines.flatMap((line) => /^FAILED (.*)$/.exec(line)?.[1] ?? []);
  if (exitCode === 0 || Number(failed) > 0) return { passed: Number(passed), failed: Number(failed), failures: told };
  return { passed: Number(passed), failed: 1, failures: [`${what} ended with code ${exitCode}`] };
}
