const LEVEL_WIDTH = 5;

/** A line of the log for people: `12:30:01.123 warn  disk is slow path=/data latencyMs=812`, an error's stack below it. */
export function humanLine(json: string): string {
  const { time, level, event, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = [String(time).slice(11, 23), String(level).padEnd(LEVEL_WIDTH), String(event), ...shown].join(' ');
  return `${head}\n${stackOf(err)}`;
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err)) return '';
  return `${String(err.stack).replace(/^/gm, '  ')}\n`;
}
