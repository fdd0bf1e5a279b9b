/** Tests run in their long form: `LONG_TESTS=1`. */
export const LONG = process.env.LONG_TESTS === '1';

/** `it`, or `itLong`. */
export type Define = (title: string, run: () => Promise<void>) => void;

/** A case of the long form. In the short form another case fails for the same fault. */
export function itLong(title: string, run: (this: Mocha.Context) => void | Promise<void>): void {
  if (LONG) it(title, run as Mocha.AsyncFunc);
}
