import * as v from 'valibot';
import { number, optional, text, withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for mails to people. */
export const mail = v.strictObject({
  server: optional(
    text,
    'Server that takes the mails: `smtps://USER@HOST`, `smtp://USER@HOST` (STARTTLS), or `file:DIRECTORY`. Default: in development a directory beside the database; in production none, and what needs mail is not offered.',
  ),
  password: optional(
    text,
    'Password of the user of `mail.server`; preferably in a file, `SIGNET_MAIL_PASSWORD_FILE`.',
  ),
  from: optional(text, 'Address of the sender; the name beside it is `brand.name`. `mail.server` needs it.'),
  plain: withDefault(
    v.boolean(),
    'True: `smtp://` sends without TLS, so that everyone on the way can read the links in the mails. Without it, only a server on loopback may lack TLS.',
    false,
  ),
  hourlyLimit: withDefault(
    number(1),
    'Mails of one kind to one address, and about one account, in an hour; further ones are not sent.',
    10,
  ),
});
