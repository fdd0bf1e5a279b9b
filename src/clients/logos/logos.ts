import { hash } from 'node:crypto';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { fetchLogo } from './fetch-logo.ts';
import { type AddressedLogo, type LogoImage, storedLogos } from './stored-logos.ts';

/**
 * The logos of clients (`logo_uri`, RFC 7591 §2), served from the origin of this server: a page that loaded them from elsewhere would tell
 * that server who signs in, and when.
 *
 * A logo is fetched when a client registers itself or is written by command, otherwise with the first page that would show it. No request
 * waits for it. It is in the store, for all nodes. The page shows the first letter of the name until it is there.
 */
export interface ClientLogos {
  /**
   * The file of a logo, as `read` takes it.
   * @returns undefined while there is none
   */
  fileOf(logoUri: string): Promise<string | undefined>;
  /** Fetches a logo, unless it is stored. For a caller that writes a client. Never rejects: the log has what is wrong. */
  prepare(logoUri: string): Promise<void>;
  read(file: string): Promise<LogoImage | undefined>;
}

export interface ClientLogosOptions {
  artifacts: Pick<ArtifactStore, 'find' | 'upsert'>;
  outbound: Outbound;
  clock: Clock;
  log: Pick<Logger, 'warn' | 'error'>;
}

/** Seconds after which a logo that is shown is fetched again. */
const REFRESH_AFTER = 86_400;
/** Seconds until the next attempt after a failure. */
const RETRY_AFTER = 3_600;

export function createClientLogos({ artifacts, outbound, clock, log }: ClientLogosOptions): ClientLogos {
  const stored = storedLogos(artifacts, clock);
  const running = new Map<string, Promise<void>>();

  const fetchAndStore = async (logoUri: string, known: AddressedLogo | undefined): Promise<void> => {
    const now = nowInSeconds(clock);
    const image = await fetchLogo(outbound, logoUri, log);
    if (image === undefined) {
      await stored.save(logoUri, { ...known, nextAt: now + RETRY_AFTER });
      return;
    }
    const digest = hash('sha256', image.content, 'base64url');
    await stored.saveImage(digest, image);
    await stored.save(logoUri, { digest, fetchedAt: now, nextAt: now + REFRESH_AFTER });
  };

  const fetchOnce = async (logoUri: string, known: AddressedLogo | undefined): Promise<void> => {
    const fetching =
      running.get(logoUri) ??
      fetchAndStore(logoUri, known)
        .catch((err: unknown) => log.error({ err }, 'the logo of a client could not be stored'))
        .finally(() => running.delete(logoUri));
    running.set(logoUri, fetching);
    await fetching;
  };

  const isDue = (known: AddressedLogo | undefined): boolean =>
    known === undefined || nowInSeconds(clock) >= known.nextAt;

  return {
    async fileOf(logoUri) {
      const known = await stored.find(logoUri);
      if (isDue(known)) void fetchOnce(logoUri, known);
      return known?.digest;
    },
    async prepare(logoUri) {
      try {
        const known = await stored.find(logoUri);
        if (isDue(known)) await fetchOnce(logoUri, known);
      } catch (err) {
        log.error({ err }, 'the logo of a client could not be found');
      }
    },
    read: (file) => stored.findImage(file),
  };
}
