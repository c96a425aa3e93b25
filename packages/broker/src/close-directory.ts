import type { LogDirectory } from '@moldau/log';

/**
 * Closes a data directory, with the mark of a clean stop only where the next start may believe it: when this run's verdict
 * was told to the controller (`wasTold`), or was clean itself. The mark would otherwise hide a crash that nobody has heard
 * of: the broker would come back as complete, in partitions of which it has lost records.
 */
export function closeDirectory(
  directory: LogDirectory,
  { clean, wasTold }: { readonly clean: boolean; readonly wasTold: boolean },
): Promise<void> {
  return directory.close({ clean: clean && (wasTold || directory.verdict === 'clean') });
}
