/**
 * The configured accent colour and the colours derived from it, computed once at start-up so that every combination meets WCAG 2.2 AA: text
 * on the accent, the accent as text, and the accent as the edge of a control.
 */

type Rgb = readonly [red: number, green: number, blue: number];

const BLACK = '#000000';
const WHITE = '#ffffff';

/** What `views/assets/signet.css` puts behind accent-coloured text, in each theme; the first is the card. */
export const SURFACES = {
  light: ['#ffffff', '#f4f6fa'],
  dark: ['#161a23', '#0d1017'],
} as const;

/** WCAG 2.2 §1.4.3 and §1.4.11. */
const TEXT_CONTRAST = 4.5;
/** Light letters look thinner on a dark ground. */
const DARK_TEXT_CONTRAST = 6;
const CONTROL_CONTRAST = 3;

export interface Accent {
  /** As configured, `#rrggbb`. */
  readonly color: string;
  /** Black or white, whichever reads better on `color`. */
  readonly onColor: string;
  /** `color` moved away from `onColor`, for a button under the pointer. */
  readonly hover: string;
  /** `color`, moved as little as AA asks, as text and as the edge of a control. */
  readonly light: { readonly text: string; readonly line: string };
  readonly dark: { readonly text: string; readonly line: string };
}

/** @param color `#rrggbb` */
export function accentOf(color: string): Accent {
  const onColor = contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK;
  return {
    color,
    onColor,
    hover: mix(color, onColor === WHITE ? BLACK : WHITE, 0.14),
    light: {
      text: readable(color, SURFACES.light, TEXT_CONTRAST, BLACK),
      line: readable(color, SURFACES.light, CONTROL_CONTRAST, BLACK),
    },
    dark: {
      text: readable(color, SURFACES.dark, DARK_TEXT_CONTRAST, WHITE),
      line: readable(color, SURFACES.dark, CONTROL_CONTRAST, WHITE),
    },
  };
}

/** The accent as the custom properties that `views/assets/signet.css` uses. */
export function accentStylesheet({ color, onColor, hover, light, dark }: Accent): string {
  return `:root {
  --accent: ${color};
  --on-accent: ${onColor};
  --accent-hover: ${hover};
  --accent-text: ${light.text};
  --accent-line: ${light.line};
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent-text: ${dark.text};
    --accent-line: ${dark.line};
  }
}
`;
}

/** Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function readable(color: string, surfaces: readonly string[], ratio: number, towards: string): string {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(color, towards, share);
    if (surfaces.every((surface) => contrast(mixed, surface) >= ratio)) return mixed;
  }
  return towards;
}

function mix(color: string, towards: string, share: number): string {
  const target = parse(towards);
  const mixed = parse(color).map((channel, index) =>
    Math.round(channel + ((target[index] ?? 0) - channel) * share),
  );
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = parse(color).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function parse(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
