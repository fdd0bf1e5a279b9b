import { mailAddress } from '../config/mail-address.ts';
import type { MessageValues, Words } from '../messages/messages.ts';

const MAX_VALUE_LENGTH = 200;

/** Control and format characters, such as line breaks and changes of the direction, and separators of lines. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** A dot or colon after which mail programs see an address of the web: `example.com`, `https://`. */
const LINK_PUNCTUATION = /(?<=[\p{L}\p{N}])\.(?=\p{L})|:(?=\/)/gu;

/** Not visible; no mail program makes a link of a text that has it (Unicode §23.2). */
const WORD_JOINER = '\u2060';

/**
 * Values may be what a person, or a browser, says of itself: they have one line, and are no links. The link of a mail is its button.
 */
export function cleanValues(values: MessageValues): MessageValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cleanValue(value)]));
}

function cleanValue(value: MessageValues[string]): MessageValues[string] {
  if (typeof value === 'number') return value;
  return isWords(value) ? cleanWords(value) : value.map(cleanWords);
}

function isWords(value: Words | readonly Words[]): value is Words {
  return !Array.isArray(value);
}

function cleanWords(words: Words): Words {
  return typeof words === 'string' ? clean(words) : { ...words, values: cleanValues(words.values ?? {}) };
}

function clean(value: string): string {
  const line = value.replaceAll(INVISIBLE, ' ').trim().slice(0, MAX_VALUE_LENGTH);
  return mailAddress(line) === undefined
    ? line.replaceAll(LINK_PUNCTUATION, (mark) => mark + WORD_JOINER)
    : line;
}
