/** Formats for values in a text: `{{seconds, wait}}`. Each is a function of the language. */

type Unit = 'second' | 'minute' | 'hour' | 'day';

/** The unit of a time that is waited for, and how many of them, rounded up: seconds up to two minutes, minutes up to two hours. */
function countUnits(seconds: number): [count: number, unit: Unit] {
  if (seconds < 120) return [seconds, 'second'];
  if (seconds < 2 * 3600) return [Math.ceil(seconds / 60), 'minute'];
  if (seconds < 2 * 86_400) return [Math.ceil(seconds / 3600), 'hour'];
  return [Math.ceil(seconds / 86_400), 'day'];
}

/** Of the language of a catalogue: texts in `en` have British spelling, and such dates. */
function localeOf(language: string): string {
  return language === 'en' ? 'en-GB' : language;
}

/** The value of a text is typed by its catalogue only. */
type Format = (value: never) => string;

export const FORMATS: Readonly<Record<string, (language: string) => Format>> = {
  /** Of seconds: `in 45 seconds`. */
  wait: (language) => {
    const format = new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'always' });
    return (seconds: number) => format.format(...countUnits(seconds));
  },
  /** Of seconds: `30 minutes`. */
  duration: (language) => (seconds: number) => {
    const [count, unit] = countUnits(seconds);
    return new Intl.NumberFormat(localeOf(language), { style: 'unit', unit, unitDisplay: 'long' }).format(
      count,
    );
  },
  /** Of epoch seconds: `27 November 2026`. */
  date: (language) => {
    const format = new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeZone: 'UTC' });
    return (at: number) => format.format(at * 1000);
  },
  /** Of epoch seconds: `27 November 2026 at 14:05 UTC`. */
  dateTime: (language) => {
    const format = new Intl.DateTimeFormat(localeOf(language), {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: 'UTC',
      timeZoneName: 'short',
    });
    return (at: number) => format.format(at * 1000);
  },
  /** Of texts: `name, address, picture`. */
  list: (language) => {
    const format = new Intl.ListFormat(localeOf(language), { type: 'unit', style: 'short' });
    return (items: readonly string[]) => format.format(items);
  },
};
