import assert from 'node:assert/strict';
import { imageTypeOf } from '../../../src/clients/logos/image-type.ts';
import { pngOf, sampleImage, SAMPLES } from './sample-images.ts';

describe('the type of an image', () => {
  it('follows from its content: PNG, JPEG, WebP', () => {
    const types = {
      png: 'image/png',
      jpeg: 'image/jpeg',
      lossy: 'image/webp',
      lossless: 'image/webp',
      extended: 'image/webp',
    };
    for (const [name, type] of Object.entries(types)) {
      assert.deepEqual(
        imageTypeOf(sampleImage(name as keyof typeof SAMPLES)),
        { type, width: 1, height: 1 },
        name,
      );
    }
  });

  it('has the dimensions', () => {
    assert.deepEqual(imageTypeOf(pngOf(640, 70_000)), { type: 'image/png', width: 640, height: 70_000 });
    const jpeg = sampleImage('jpeg');
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc2]));
    jpeg.writeUInt16BE(3, frame + 5);
    jpeg.writeUInt16BE(1025, frame + 7);
    assert.deepEqual(imageTypeOf(jpeg), { type: 'image/jpeg', width: 1025, height: 3 });
    const lossy = sampleImage('lossy');
    lossy.writeUInt16LE(0x4000 | 300, 26);
    lossy.writeUInt16LE(200, 28);
    assert.deepEqual(imageTypeOf(lossy), { type: 'image/webp', width: 300, height: 200 });
    const lossless = sampleImage('lossless');
    lossless.writeUInt32LE((1999 << 14) | 99, 21);
    assert.deepEqual(imageTypeOf(lossless), { type: 'image/webp', width: 100, height: 2000 });
    const extended = sampleImage('extended');
    extended.writeUIntLE(99_999, 24, 3);
    assert.deepEqual(imageTypeOf(extended), { type: 'image/webp', width: 100_000, height: 1 });
  });

  it('is none for anything else, and for a part of an image', () => {
    const others = [
      '',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<html>',
      'GIF89a\x01\0\x01\0',
      'RIFF1234WAVE',
      'BM',
    ];
    for (const text of others) assert.equal(imageTypeOf(Buffer.from(text, 'latin1')), undefined, text);
    for (const name of Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]) {
      const image = sampleImage(name);
      for (let length = 0; length < 20; length += 1) {
        assert.equal(imageTypeOf(image.subarray(0, length)), undefined, `${name} ${length}`);
      }
      assert.equal(imageTypeOf(Buffer.concat([Buffer.from('<svg/>'), image])), undefined, name);
    }
    assert.equal(imageTypeOf(Buffer.from('ffd8ffd9', 'hex')), undefined);
    assert.equal(imageTypeOf(Buffer.from('ffd8ffe00000ffe0', 'hex')), undefined);
    assert.equal(
      imageTypeOf(Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(65_536, 0xff)])),
      undefined,
    );
  });
});
