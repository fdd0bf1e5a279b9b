import { z } from 'zod';

const UNITS = {
  s: ['s', 'sec', 'second', 'seconds'],
  m: ['m', 'min', 'minute', 'minutes'],
  h: ['h', 'hour', 'hours'],
  d: ['d', 'day', 'days'],
} as const;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

const PATTERN = new RegExp(`^([1-9]\\d{0,8})(?: ?(${Object.values(UNITS).flat().join('|')}))?$`);
const EXPECTED = 'expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d, 5 minutes';

/**
 * A length of time in the configuration: whole seconds (`300`) or a number with a unit (`90s`, `5m`, `12h`, `30d`), which may be a word
 * (`5 minutes`). Parses to seconds.
 */
export const duration = z
  .union([z.number().int().positive(), z.string().regex(PATTERN, EXPECTED)], { error: EXPECTED })
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, number = '', unit = 's'] = PATTERN.exec(value) ?? [];
    const letter = (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((key) =>
      UNITS[key].some((name) => name === unit),
    );
    return Number(number) * SECONDS[letter ?? 's'];
  });
