import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { type Compression, MalformedBytesError } from '@moldau/base';

/** zlib's, in the threads of Node. */
export const nodeCompression: Compression = {
  decompress(codec, bytes, bytesMax) {
    const options = { maxOutputLength: Math.max(1, bytesMax) };
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, result: Uint8Array): void => {
        if (error === null) resolve(result);
        else reject(new MalformedBytesError(`${codec} cannot be decompressed: ${error.message}`, { cause: error }));
      };
      if (codec === 'gzip') gunzip(bytes, options, done);
      else zstdDecompress(bytes, options, done);
    });
  },

  compress(codec, bytes, level) {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, result: Uint8Array): void => {
        if (error === null) resolve(result);
        else reject(error);
      };
      if (codec === 'gzip') gzip(bytes, { level }, done);
      else {
        const params = { [constants.ZSTD_c_compressionLevel]: level };
        zstdCompress(bytes, { params, pledgedSrcSize: bytes.length }, done);
      }
    });
  },
};
