import { type Arbitrary, integer, oneof, string } from 'fast-check';

/**
 * Any Unicode scalar value, as of `unit: 'binary'`, but without its table of a million characters, which takes half a second to build. With the
 * way back to the number, `string` generates texts that often do harm (`__proto__`), too.
 */
const character: Arbitrary<string> = oneof(
  integer({ min: 0, max: 0xd7_ff }),
  integer({ min: 0xe0_00, max: 0x10_ff_ff }),
).map(
  (point) => String.fromCodePoint(point),
  (text) => {
    const [only, ...others] = String(text);
    if (only === undefined || others.length > 0) throw new TypeError('not one character');
    return only.codePointAt(0) ?? 0;
  },
);

/** @param maxLength in characters */
export function anyText(maxLength?: number): Arbitrary<string> {
  return string({ unit: character, ...(maxLength !== undefined && { maxLength }) });
}
