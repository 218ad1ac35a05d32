/**
 * The metadata of an ONNX file, which ONNX Runtime does not tell in the browser: the file's own bytes do.
 *
 * A file is a protocol buffer, a list of fields. Field 14 of the outermost message is an entry of the metadata, with its
 * name in field 1 and its value in field 2.
 */

const METADATA_PROPS = 14;
const LENGTH_DELIMITED = 2;
const FIXED_SIZES = { 1: 8, 5: 4 };

/**
 * @param {Uint8Array} file
 * @returns {Object<string, string>}
 */
export function metadataOf(file) {
  const text = new TextDecoder();
  const metadata = {};
  for (const [field, entry] of fields(file)) {
    if (field !== METADATA_PROPS) continue;
    const [name, value] = [...fields(entry)].map(([, bytes]) => text.decode(bytes));
    metadata[name] = value;
  }
  return metadata;
}

/** The number and the bytes of each field of a message that has bytes; numbers are passed over. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === LENGTH_DELIMITED) {
      const length = varint();
      yield [Math.floor(key / 8), bytes.subarray(at, at + length)];
      at += length;
    } else if (kind in FIXED_SIZES) {
      at += FIXED_SIZES[kind];
    } else {
      varint();
    }
  }
}
