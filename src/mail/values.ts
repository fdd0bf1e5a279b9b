import { mailAddress } from '../config/mail-address.ts';

/** A text of the catalogues, in the language of the mail. */
export interface MailMessage {
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>> | undefined;
}

/** Values in the texts of a mail. */
export type MailValues = Readonly<Record<string, string | number | MailMessage>>;

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
export function cleanValues(values: MailValues): MailValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value]),
  );
}

function clean(value: string): string {
  const line = value.replaceAll(INVISIBLE, ' ').trim().slice(0, MAX_VALUE_LENGTH);
  return mailAddress(line) === undefined
    ? line.replaceAll(LINK_PUNCTUATION, (mark) => mark + WORD_JOINER)
    : line;
}
