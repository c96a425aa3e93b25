import { counter, gauge, type MetricSample } from '@moldau/base';

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
  readonly #requests = new Map<string, number>();

  request(api: string): void {
    this.#requests.set(api, (this.#requests.get(api) ?? 0) + 1);
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
    for (const [request, value] of this.#requests) {
      yield counter('kafka_network_requestmetrics_requests_total', 'Requests of Kafka clients', value, { request });
    }
  }
}
