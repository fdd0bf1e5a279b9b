/** The person who signs in, with every standard claim (OpenID Connect Core §5.1): the suite asks for each of them. */

export interface Person {
  username: string;
  password: string;
}

export const USERNAME = 'conformance';

export const CLAIMS = {
  name: 'Ada Conformance',
  given_name: 'Ada',
  family_name: 'Conformance',
  middle_name: 'Test',
  nickname: 'ada',
  preferred_username: USERNAME,
  profile: 'https://example.com/ada',
  picture: 'https://example.com/ada.png',
  website: 'https://ada.example.com',
  email: 'ada@example.com',
  email_verified: true,
  gender: 'female',
  birthdate: '1990-12-10',
  zoneinfo: 'Europe/London',
  locale: 'en-GB',
  phone_number: '+442079460000',
  phone_number_verified: true,
  address: {
    formatted: '12 St James Square\nLondon\nSW1Y 4LB\nUnited Kingdom',
    street_address: '12 St James Square',
    locality: 'London',
    region: 'England',
    postal_code: 'SW1Y 4LB',
    country: 'United Kingdom',
  },
  updated_at: 1_790_000_000,
} as const;
