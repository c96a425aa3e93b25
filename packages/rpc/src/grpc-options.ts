import type { ChannelOptions } from '@grpc/grpc-js';

/**
 * The largest message that makes sense is one append of 32 MiB, the bound of a journal frame, behind 1 MiB of other
 * batches and the answers of a turn. A bound against hostile lengths, not a target: so much is kept of each half-received
 * message.
 */
const MESSAGE_BYTES_MAX = 40 * 1024 * 1024;

/**
 * What may be under way unread, for each stream and for each connection. 64 KiB, the default, is 1.3 MB/s at 50 ms
 * between datacenters; 8 MiB is 160 MB/s.
 */
export const FLOW_CONTROL_WINDOW_BYTES: number = 8 * 1024 * 1024;

/**
 * A node opens one or two streams on a connection, a client one of each kind; calls that are more wait for their turn. Each
 * may hold half a message and its unread answers.
 */
const STREAMS_PER_CONNECTION_MAX = 256;

/**
 * A connection whose peer fell silent is given up after both. Sessions and leases find out earlier; this only clears
 * away, so it is long enough for a loop that stalls.
 */
const KEEPALIVE_INTERVAL_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** While nobody listens, an attempt each time; a peer that comes back is found within the longest pause. */
const RECONNECT_PAUSE_MS_MIN = 20;
const RECONNECT_PAUSE_MS_MAX = 200;

/** How soon a name is looked up again: a container that moves keeps its name and changes its address. */
const RESOLUTION_INTERVAL_MS = 1_000;

const COMMON_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.keepalive_time_ms': KEEPALIVE_INTERVAL_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
};

/** Channelz stays on: without it grpc-js keeps no list of its sessions, and a forced shutdown closes none. */
export const SERVER_OPTIONS: ChannelOptions = {
  ...COMMON_OPTIONS,
  'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION_MAX,
};

export const CLIENT_OPTIONS: ChannelOptions = {
  ...COMMON_OPTIONS,
  'grpc.enable_channelz': 0,
  // Each channel its own connection, although others go to the same address.
  'grpc.use_local_subchannel_pool': 1,
  'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
  'grpc.initial_reconnect_backoff_ms': RECONNECT_PAUSE_MS_MIN,
  'grpc.max_reconnect_backoff_ms': RECONNECT_PAUSE_MS_MAX,
  'grpc.dns_min_time_between_resolutions_ms': RESOLUTION_INTERVAL_MS,
  // Whoever calls decides what may be sent twice.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // A proxy for the web in the environment is not meant for the nodes of a cluster.
  'grpc.enable_http_proxy': 0,
};
