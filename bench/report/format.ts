/** Numbers as people read them. */

/** Three significant digits, no exponent: 12, 1.23, 456, 1,234. */
export function formatFigure(value: number): string {
  return value.toLocaleString(
    'en',
    value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  );
}

/** Two decimals; two significant digits of what would be lost by that. */
export function formatTimes(value: number): string {
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}

/** @param share 0 to 1, or more */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
