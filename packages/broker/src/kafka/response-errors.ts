import type { Api } from '@moldau/protocol';

// Error codes stand in different places of each response. The definitions know where, so what counts them is made from these.

type Fields = Api['response'];
type Visit = (response: Readonly<Record<string, unknown>>, found: (code: number) => void) => void;

const NAME = 'errorCode';

/** Tells every error code in a response of this API that is not 0. */
export function errorsIn({ response }: Pick<Api, 'response'>): Visit {
  return visitOf(response) ?? (() => undefined);
}

/** Undefined: there is none in such a structure. */
function visitOf(fields: Fields): Visit | undefined {
  const visits: Visit[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (name === NAME) {
      visits.push((of, found) => {
        const code = of[name];
        if (typeof code === 'number' && code !== 0) found(code);
      });
    }
    const inner = field.type === 'struct' ? field.fields : field.type === 'array' ? field.of : undefined;
    const visit = typeof inner === 'object' ? visitOf(inner) : undefined;
    if (visit === undefined) continue;
    visits.push((of, found) => {
      const value = of[name];
      for (const item of Array.isArray(value) ? value : [value]) {
        if (typeof item === 'object' && item !== null) visit(item, found);
      }
    });
  }
  if (visits.length === 0) return undefined;
  return (of, found) => {
    for (const visit of visits) visit(of, found);
  };
}
