import { requestedClaims } from './claims-parameter.ts';

/** The `acr` values of a request, one of which the sign-in is to reach (OpenID Connect Core §3.1.2.1, §5.5.1.1; RFC 9470 §4). */
export interface RequestedAcr {
  /** Empty: no particular one. */
  readonly values: readonly string[];
  /** The request fails without one. */
  readonly isEssential: boolean;
}

/** The engine leaves an `acr` of the `claims` parameter out of account where `acr_values` are sent too. */
export function requestedAcr(params: Record<string, unknown>): RequestedAcr {
  const request = requestedClaims(params).id_token?.acr;
  const ofClaims = requestedValues(request)?.filter((value) => typeof value === 'string');
  if (request?.essential === true && ofClaims !== undefined) return { values: ofClaims, isEssential: true };
  const { acr_values: acrValues } = params;
  const values = typeof acrValues === 'string' ? acrValues.split(' ').filter((value) => value !== '') : [];
  return { values: values.length > 0 ? values : (ofClaims ?? []), isEssential: false };
}

/** @returns undefined where no particular value is requested */
export function requestedValues(
  request: { value?: unknown; values?: unknown[] } | null | undefined,
): unknown[] | undefined {
  if (request?.value === undefined) return request?.values;
  return [request.value, ...(request.values ?? [])];
}
