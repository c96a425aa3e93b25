import { counter, errorCodeFromNumber, gauge, type MetricSample } from '@moldau/base';

/** What came of the requests of one API. */
class RequestCounters {
  requests = 0;
  responses = 0;
  totalMs = 0;
  /** Other codes than 0 in responses, by number. */
  readonly errors = new Map<number, number>();
}

/** What the Kafka door has seen: plain fields, added to on the hot path and walked when scraped. */
export class KafkaCounters {
  connections = 0;
  connectionsAccepted = 0;
  /** Closed as they came: too many there already. */
  connectionsRefused = 0;
  /** Closed for what they sent, or did not. */
  connectionsCut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Taken up later than they came, see `max.connection.creation.rate`. */
  connectionsThrottled = 0;
  /** No more is read from them until some of what is under way has ended. */
  connectionsMuted = 0;
  /** Requests that are not answered, and what they hold. */
  requestsInFlight = 0;
  bytesInFlight = 0;
  /** By API: as many as are served. */
  readonly #requests = new Map<string, RequestCounters>();

  request(api: string): void {
    this.#of(api).requests++;
  }

  response(api: string, ms: number): void {
    const of = this.#of(api);
    of.responses++;
    of.totalMs += ms;
  }

  error(api: string, code: number): void {
    const { errors } = this.#of(api);
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  *samples(): Iterable<MetricSample> {
    const server = 'kafka_server_socket_server';
    yield gauge(`${server}_connection_count`, 'Connections of Kafka clients', this.connections);
    yield counter(`${server}_connection_creation_total`, 'Connections that were accepted', this.connectionsAccepted);
    yield counter(`${server}_connection_refused_total`, 'Connections beyond a limit', this.connectionsRefused);
    yield counter(
      `${server}_connection_cut_total`,
      'Connections closed for bad, late or unread bytes',
      this.connectionsCut,
    );
    yield counter(`${server}_incoming_byte_total`, 'Bytes from Kafka clients', this.bytesIn);
    yield counter(`${server}_outgoing_byte_total`, 'Bytes to Kafka clients', this.bytesOut);
    yield counter(`${server}_connection_throttled_total`, 'Connections above the rate', this.connectionsThrottled);
    yield gauge(`${server}_connection_muted_count`, 'Connections of which nothing is read', this.connectionsMuted);
    yield gauge('moldau_kafka_requests_in_flight', 'Requests that are not answered', this.requestsInFlight);
    yield gauge('moldau_kafka_bytes_in_flight', 'What these requests and their answers hold', this.bytesInFlight);
    for (const [request, of] of this.#requests) yield* requestSamples(request, of);
  }

  #of(api: string): RequestCounters {
    let of = this.#requests.get(api);
    if (of === undefined) {
      of = new RequestCounters();
      this.#requests.set(api, of);
    }
    return of;
  }
}

function* requestSamples(request: string, of: RequestCounters): Iterable<MetricSample> {
  const metrics = 'kafka_network_requestmetrics';
  const labels = { request };
  yield counter(`${metrics}_requests_total`, 'Requests of Kafka clients', of.requests, labels);
  yield counter(`${metrics}_responses_total`, 'Requests that were answered', of.responses, labels);
  const help = 'From the last byte of a request to its answer, waits that it asked for among it, over all';
  yield counter(`${metrics}_totaltime_seconds_total`, help, of.totalMs / 1000, labels);
  for (const [code, value] of of.errors) {
    const error = errorCodeFromNumber(code);
    yield counter(`${metrics}_errors_total`, 'Error codes in answers', value, { ...labels, error });
  }
}
