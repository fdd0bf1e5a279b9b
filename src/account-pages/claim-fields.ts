import type { EditableClaim } from '../config/schema-account.ts';

/** The fields of the profile, by claim (OpenID Connect Core §5.1). */

export interface ClaimField {
  /** Keys of a catalogue. */
  readonly label: string;
  readonly hint?: string;
  readonly type: 'text' | 'url' | 'tel' | 'select';
  /** https://html.spec.whatwg.org/#autofill */
  readonly autocomplete?: string;
  /** Of a selection, beside the empty one. */
  readonly options?: readonly { value: string; label: string }[] | undefined;
}

export const CLAIM_FIELDS: Readonly<Record<EditableClaim, ClaimField>> = {
  name: { label: 'account.claims.name', type: 'text', autocomplete: 'name' },
  given_name: { label: 'account.claims.given_name', type: 'text', autocomplete: 'given-name' },
  family_name: { label: 'account.claims.family_name', type: 'text', autocomplete: 'family-name' },
  middle_name: { label: 'account.claims.middle_name', type: 'text', autocomplete: 'additional-name' },
  nickname: { label: 'account.claims.nickname', type: 'text', autocomplete: 'nickname' },
  profile: { label: 'account.claims.profile', hint: 'account.claims.urlHint', type: 'url' },
  picture: {
    label: 'account.claims.picture',
    hint: 'account.claims.urlHint',
    type: 'url',
    autocomplete: 'photo',
  },
  website: {
    label: 'account.claims.website',
    hint: 'account.claims.urlHint',
    type: 'url',
    autocomplete: 'url',
  },
  gender: { label: 'account.claims.gender', type: 'text', autocomplete: 'sex' },
  birthdate: {
    label: 'account.claims.birthdate',
    hint: 'account.claims.birthdateHint',
    type: 'text',
    autocomplete: 'bday',
  },
  zoneinfo: {
    label: 'account.claims.zoneinfo',
    hint: 'account.claims.zoneinfoHint',
    type: 'select',
    options: Intl.supportedValuesOf('timeZone').map((value) => ({
      value,
      label: value.replaceAll('_', ' '),
    })),
  },
  locale: { label: 'account.claims.locale', hint: 'account.claims.localeHint', type: 'select' },
  phone_number: {
    label: 'account.claims.phone_number',
    hint: 'account.claims.phoneHint',
    type: 'tel',
    autocomplete: 'tel',
  },
};
