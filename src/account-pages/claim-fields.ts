import type { EditableClaim } from '../config/schema-account.ts';
import type { Message } from '../messages/messages.ts';

/** The fields of the profile, by claim (OpenID Connect Core §5.1). */

export interface ClaimField {
  readonly label: Message;
  readonly hint?: Message;
  readonly type: 'text' | 'url' | 'tel' | 'select';
  /** https://html.spec.whatwg.org/#autofill */
  readonly autocomplete?: string;
  /** Of a selection, beside the empty one. */
  readonly options?: readonly { value: string; label: string }[] | undefined;
}

export const CLAIM_FIELDS: Readonly<Record<EditableClaim, ClaimField>> = {
  name: { label: { key: 'account.claims.name' }, type: 'text', autocomplete: 'name' },
  given_name: { label: { key: 'account.claims.given_name' }, type: 'text', autocomplete: 'given-name' },
  family_name: { label: { key: 'account.claims.family_name' }, type: 'text', autocomplete: 'family-name' },
  middle_name: {
    label: { key: 'account.claims.middle_name' },
    type: 'text',
    autocomplete: 'additional-name',
  },
  nickname: { label: { key: 'account.claims.nickname' }, type: 'text', autocomplete: 'nickname' },
  profile: { label: { key: 'account.claims.profile' }, hint: { key: 'account.claims.urlHint' }, type: 'url' },
  picture: {
    label: { key: 'account.claims.picture' },
    hint: { key: 'account.claims.urlHint' },
    type: 'url',
    autocomplete: 'photo',
  },
  website: {
    label: { key: 'account.claims.website' },
    hint: { key: 'account.claims.urlHint' },
    type: 'url',
    autocomplete: 'url',
  },
  gender: { label: { key: 'account.claims.gender' }, type: 'text', autocomplete: 'sex' },
  birthdate: {
    label: { key: 'account.claims.birthdate' },
    hint: { key: 'account.claims.birthdateHint' },
    type: 'text',
    autocomplete: 'bday',
  },
  zoneinfo: {
    label: { key: 'account.claims.zoneinfo' },
    hint: { key: 'account.claims.zoneinfoHint' },
    type: 'select',
    options: Intl.supportedValuesOf('timeZone').map((value) => ({
      value,
      label: value.replaceAll('_', ' '),
    })),
  },
  locale: {
    label: { key: 'account.claims.locale' },
    hint: { key: 'account.claims.localeHint' },
    type: 'select',
  },
  phone_number: {
    label: { key: 'account.claims.phone_number' },
    hint: { key: 'account.claims.phoneHint' },
    type: 'tel',
    autocomplete: 'tel',
  },
};
