/** Recognizes an image by its content and reads its dimensions. SVG is none of these: it is a document that can contain scripts. */

export interface ImageType {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/** @returns undefined for everything else, and for a header that is incomplete */
export function imageTypeOf(bytes: Buffer): ImageType | undefined {
  try {
    return pngType(bytes) ?? webpType(bytes) ?? jpegType(bytes);
  } catch (error) {
    // Beyond the end of the bytes.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** PNG (W3C) §5.2, §11.2.1: the signature, then the chunk IHDR. */
function pngType(bytes: Buffer): ImageType | undefined {
  if (bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n' || bytes.toString('latin1', 12, 16) !== 'IHDR') {
    return undefined;
  }
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** RFC 9649: lossy, lossless and extended. */
function webpType(bytes: Buffer): ImageType | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP')
    return undefined;
  const type = 'image/webp';
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      // RFC 6386 §9.1: a key frame with its start code; 14 bits each.
      if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return { type, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      if (bytes.readUInt8(20) !== 0x2f) return undefined;
      const bits = bytes.readUInt32LE(21);
      return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { type, width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

/** Start of a frame (ITU-T T.81 table B.1); 0xC4, 0xC8 and 0xCC in this range are others. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** ITU-T T.81 §B.1: segments, each with a marker and its length, until the start of a frame. */
function jpegType(bytes: Buffer): ImageType | undefined {
  if (bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let offset = 2;
  while (bytes.readUInt8(offset) === 0xff) {
    const marker = bytes.readUInt8(offset + 1);
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    if (isFrame(marker)) {
      return {
        type: 'image/jpeg',
        height: bytes.readUInt16BE(offset + 5),
        width: bytes.readUInt16BE(offset + 7),
      };
    }
    // Scan data and the end of the image have no frame behind them.
    if (marker === 0xda || marker === 0xd9) return undefined;
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  return undefined;
}
