import * as v from 'valibot';

const UNITS = {
  s: ['s', 'sec', 'second', 'seconds'],
  m: ['m', 'min', 'minute', 'minutes'],
  h: ['h', 'hour', 'hours'],
  d: ['d', 'day', 'days'],
} as const;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

const PATTERN = new RegExp(`^([1-9]\\d{0,8})(?: ?(${Object.values(UNITS).flat().join('|')}))?$`);
const EXPECTED_DURATION = 'expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d, 5 minutes';

/**
 * A length of time in the configuration: whole seconds (`300`) or a number with a unit (`90s`, `5m`, `12h`, `30d`), which may be a word
 * (`5 minutes`).
 */
export const duration = v.pipe(
  v.union(
    [
      v.pipe(v.number(), v.integer(EXPECTED_DURATION), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER)),
      v.pipe(v.string(), v.regex(PATTERN, EXPECTED_DURATION)),
    ],
    EXPECTED_DURATION,
  ),
  v.transform(toSeconds),
);

/** 0 turns off what the time is for. */
export const durationOrZero = v.union(
  [
    v.pipe(
      v.picklist([0, '0']),
      v.transform(() => 0),
    ),
    duration,
  ],
  EXPECTED_DURATION,
);

function toSeconds(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, number = '', unit = 's'] = PATTERN.exec(value) ?? [];
  const letter = (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((key) =>
    UNITS[key].some((name) => name === unit),
  );
  return Number(number) * SECONDS[letter ?? 's'];
}

/** @returns seconds; undefined when the text is not a length of time */
export function parseDuration(text: string): number | undefined {
  const parsed = v.safeParse(duration, text);
  return parsed.success ? parsed.output : undefined;
}
