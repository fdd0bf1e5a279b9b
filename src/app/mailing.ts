import { extname } from 'node:path';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { readNamedFile } from '../config/read-file.ts';
import { issuerUrl } from '../config/issuer.ts';
import type { JobKind } from '../jobs/kind.ts';
import { createDelivery } from '../mail/deliver.ts';
import { createMail, type Mail, NO_MAIL } from '../mail/mail.ts';
import { type Deliver, mailJobs } from '../mail/mail-job.ts';
import { createMailLimits } from '../mail/mail-limits.ts';
import { type InlineLogo, LOGO_SOURCE } from '../mail/message.ts';
import type { Messages } from '../messages/messages.ts';
import type { Instruments } from '../observability/instruments.ts';
import type { Logger } from '../observability/log.ts';
import { createMailRenderer } from '../pages/mail.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { Store } from '../store/store.ts';

/** Mail to people: what enqueues it, and what sends it. */
export interface Mailing {
  readonly mail: Mail;
  readonly mailJobs: readonly JobKind[];
}

export interface MailingOptions {
  config: Pick<Config, 'mail' | 'brand' | 'issuer'>;
  messages: Messages;
  store: Pick<Store, 'jobs' | 'counters'>;
  sealer: Pick<Sealer, 'seal'>;
  audit: Pick<Audit, 'record'>;
  log: Pick<Logger, 'warn'>;
  metrics?: Pick<Instruments, 'limited'> | undefined;
  clock: Clock;
}

export function createMailing(options: MailingOptions): Mailing {
  const { config, store, sealer, audit, log, metrics, clock } = options;
  if (config.mail.server === undefined) return { mail: NO_MAIL, mailJobs: [] };
  const limits = createMailLimits({ counters: store.counters, hourlyLimit: config.mail.hourlyLimit });
  const render = mailRenderer(options);
  return {
    mail: createMail({ render, accountUrl: issuerUrl(config.issuer, '/account'), store, sealer, clock }),
    mailJobs: [mailJobs({ deliver: mailDelivery(config, clock), limits, audit, log, metrics, clock })],
  };
}

export function mailRenderer({ config, messages }: Pick<MailingOptions, 'config' | 'messages'>) {
  const { brand, issuer } = config;
  return createMailRenderer({
    messages,
    brand,
    issuer,
    logo: logoOf(brand) === undefined ? undefined : LOGO_SOURCE,
  });
}

export function mailDelivery({ mail, brand, issuer }: MailingOptions['config'], clock: Clock): Deliver {
  return createDelivery({ mail, name: brand.name, issuer, logo: logoOf(brand), clock });
}

/** Every mail has it. */
const MAX_LOGO_BYTES = 64 * 1024;

/** Mail programs show PNG, and neither SVG nor WebP everywhere. */
function logoOf({ logo }: Config['brand']): InlineLogo | undefined {
  if (logo === undefined || extname(logo).toLowerCase() !== '.png') return undefined;
  const content = readNamedFile(logo);
  return content.length > MAX_LOGO_BYTES ? undefined : { content, type: 'image/png' };
}
