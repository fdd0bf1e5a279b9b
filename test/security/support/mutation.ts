import { type Arbitrary, constantFrom, double, integer, oneof, tuple } from 'fast-check';

/** Small changes of a valid text, of the kind that parsers overlook. */

/** Characters that parsers skip, use as padding, decode, or treat as another one. */
const CHARACTERS = [
  ...'aZ09-_.+/=~ ,;:"\'%&?#@!*()[]{}<>|\\^`$'.split(''),
  '\0',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '\u007f',
  '\u0080',
  '\u00a0',
  '\u00ff',
  '%00',
  '%0a',
  '%2f',
  '%25',
];

const place = double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const character = constantFrom(...CHARACTERS);

type Edit = (text: string) => string;

const at = (where: number, text: string): number => Math.floor(where * (text.length + 1));

const edit: Arbitrary<Edit> = oneof(
  tuple(place, character).map(([where, by]): Edit => {
    return (text) => text.slice(0, at(where, text)) + by + text.slice(at(where, text) + 1);
  }),
  tuple(place, character).map(([where, by]): Edit => {
    return (text) => text.slice(0, at(where, text)) + by + text.slice(at(where, text));
  }),
  tuple(place, integer({ min: 1, max: 30 })).map(([where, length]): Edit => {
    return (text) => text.slice(0, at(where, text)) + text.slice(at(where, text) + length);
  }),
  tuple(place, place).map(([from, to]): Edit => {
    return (text) => text.slice(0, at(to, text)) + text.slice(at(from, text)) + text.slice(at(to, text));
  }),
  place.map((where): Edit => {
    return (text) => {
      const index = at(where, text);
      const letter = text.slice(index, index + 1);
      const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
      return text.slice(0, index) + other + text.slice(index + 1);
    };
  }),
  place.map((where): Edit => {
    return (text) => {
      const index = Math.min(at(where, text), text.length - 1);
      const code = text.charCodeAt(index);
      return `${text.slice(0, index)}%${code.toString(16).padStart(2, '0')}${text.slice(index + 1)}`;
    };
  }),
);

/** One or two small changes; sometimes they change nothing. */
export function mutationOf(text: Arbitrary<string>): Arbitrary<string> {
  return oneof(
    tuple(text, edit).map(([original, change]) => change(original)),
    tuple(text, edit, edit).map(([original, first, second]) => second(first(original))),
  );
}
