import { z } from 'zod';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A length of time in the configuration: whole seconds (`300`) or a number with a unit (`90s`, `5m`, `12h`, `30d`). Parses to seconds. */
export const duration = z
  .union([z.number().int().positive(), z.string().regex(/^[1-9]\d{0,8}[smhd]?$/)], {
    error: 'expected seconds (300) or a number with a unit: 90s, 5m, 12h, 30d',
  })
  .transform((value) => {
    if (typeof value === 'number') return value;
    const unit = value.at(-1) as string;
    return unit in SECONDS
      ? Number(value.slice(0, -1)) * SECONDS[unit as keyof typeof SECONDS]
      : Number(value);
  });
