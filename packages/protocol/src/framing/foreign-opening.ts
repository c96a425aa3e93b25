/** Openings of protocols that reach a Kafka port by mistake, and what to call them in the log. */
const OPENINGS: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  // A handshake record of TLS; its third byte is the minor version.
  { bytes: [0x16, 0x03], name: 'a TLS connection' },
  ...['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC'].map((method) => ({
    bytes: [...method].map((character) => character.charCodeAt(0)),
    name: 'an HTTP request',
  })),
  { bytes: [0x50, 0x52, 0x49, 0x20], name: 'an HTTP/2 connection' },
  { bytes: [0x53, 0x53, 0x48, 0x2d], name: 'an SSH connection' },
];

/**
 * What the first bytes of a connection are, if they are not Kafka's but well known. As the size of a frame all of them
 * are above 350 MB, so no honest peer is mistaken for one.
 */
export function foreignOpening(bytes: Uint8Array): string | undefined {
  return OPENINGS.find((opening) => opening.bytes.every((byte, index) => bytes[index] === byte))?.name;
}
