/** Times on pages, in the zone of the person. */

/** A format takes a thousand times longer to make than to use. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Languages by zones: there are fewer. */
const MAX_FORMATS = 2000;

/**
 * @param language of the texts; those in `en` have British spelling, and such dates
 * @param zone of the IANA database
 * @param at epoch seconds
 */
export function formatTime(language: string, zone: string, at: number): string {
  const key = `${language}\n${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    if (formats.size >= MAX_FORMATS) formats.clear();
    format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: zone,
    });
    formats.set(key, format);
  }
  return format.format(at * 1000);
}
