import type { Message } from '@moldau/client';
import { EXIT } from '../cli-error.ts';
import type { Context, OpenListing } from '../context.ts';
import { write } from '../io.ts';
import { recordFormat } from '../output/record-format.ts';
import { type JsonRecord, jsonRecord } from '../output/record-json.ts';

/** Shows records as they come. */
export interface RecordPrinter {
  print(messages: readonly Message[]): Promise<void>;
  /** Returns the exit code. */
  end(): Promise<number>;
}

/** @param format as typed after `-f`; undefined: values, a line each @throws CliError for a format that is none */
export function recordPrinter(context: Context, format: string | undefined): RecordPrinter {
  const render = recordFormat(format ?? '%v\n');
  if (context.options.output === 'table') {
    return {
      print: (messages) => write(context.io.stdout, Buffer.concat(messages.map(render))),
      end: () => Promise.resolve(EXIT.done),
    };
  }
  let listing: OpenListing<JsonRecord> | undefined;
  // Begun when there is something to say: what fails before is an error, and no list of records.
  const begun = (): OpenListing<JsonRecord> => (listing ??= context.listing({ kind: 'RecordList', columns: [] }));
  return { print: (messages) => begun().add(messages.map(jsonRecord)), end: () => begun().end() };
}
