import type { Command } from 'commander';
import { readJsonObject } from './input.ts';

/** Claims of an account as command options. */

export interface ClaimOptions {
  name?: string;
  givenName?: string;
  familyName?: string;
  nickname?: string;
  email?: string;
  emailVerified?: boolean;
  phoneNumber?: string;
  picture?: string;
  locale?: string;
  zoneinfo?: string;
  group?: string[];
  claims?: string;
}

export function addClaimOptions(command: Command): Command {
  command
    .option('--name <text>', 'full name')
    .option('--given-name <text>', 'given name')
    .option('--family-name <text>', 'family name')
    .option('--nickname <text>', 'nickname');
  return addEmailOptions(command)
    .option('--phone-number <number>', 'phone number, like +15551234567 or +15551234567;ext=12')
    .option('--picture <url>', 'address of a picture')
    .option('--locale <tag>', 'language, like en or fr-CA')
    .option('--zoneinfo <name>', 'time zone, like Europe/Paris')
    .option('--group <name>', 'a group that the account belongs to; repeat for more', collect)
    .option('--claims <file>', 'JSON object with these and any other claims; - reads standard input');
}

/** The claims of a sign-in by email address. */
export function addEmailOptions(command: Command): Command {
  return command
    .option('--email <address>', 'email address')
    .option('--email-verified', 'the email address is verified: the person can sign in with it')
    .option('--no-email-verified', 'the email address is not verified');
}

/** The claims from the options. A single option overrides the same claim in the file. */
export async function claimsFromOptions(options: ClaimOptions): Promise<Record<string, unknown>> {
  const file = options.claims === undefined ? {} : await readJsonObject(options.claims);
  const given = {
    name: options.name,
    given_name: options.givenName,
    family_name: options.familyName,
    nickname: options.nickname,
    email: options.email,
    email_verified: options.emailVerified,
    phone_number: options.phoneNumber,
    picture: options.picture,
    locale: options.locale,
    zoneinfo: options.zoneinfo,
    groups: options.group,
  };
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** Collects an option that may be repeated. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
