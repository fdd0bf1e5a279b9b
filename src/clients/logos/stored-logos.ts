import { LRUCache } from 'lru-cache';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ArtifactStore } from '../../store/store.ts';

/** The logos in the store: each image under its digest, and under each address the digest of its image. Both are cached. */

export interface LogoImage {
  readonly type: string;
  readonly content: Buffer;
}

/** What is stored under an address. Without a digest there was never a logo. */
export interface AddressedLogo {
  readonly digest?: string | undefined;
  /** Epoch seconds: the last attempt with a logo. */
  readonly fetchedAt?: number | undefined;
  /** Epoch seconds: the next attempt, with a page that shows the client. */
  readonly nextAt: number;
}

export interface StoredLogos {
  find(logoUri: string): Promise<AddressedLogo | undefined>;
  save(logoUri: string, value: AddressedLogo): Promise<void>;
  findImage(digest: string): Promise<LogoImage | undefined>;
  saveImage(digest: string, image: LogoImage): Promise<void>;
}

/** Seconds. A logo that is not shown for so long is deleted; an image a day later than its address. */
const LIFETIME = 30 * 86_400;
/** Milliseconds that the digest of an address is cached. */
const CACHED_MS = 60_000;

const KIND = 'ClientLogo';

export function storedLogos(artifacts: Pick<ArtifactStore, 'find' | 'upsert'>, clock: Clock): StoredLogos {
  const addresses = new LRUCache<string, { value: AddressedLogo; until: number }>({ max: 1_000 });
  const images = new LRUCache<string, LogoImage>({ max: 32 });
  const remember = (logoUri: string, value: AddressedLogo): void => {
    addresses.set(logoUri, { value, until: clock() + CACHED_MS });
  };
  return {
    async find(logoUri) {
      const cached = addresses.get(logoUri);
      if (cached !== undefined && clock() < cached.until) return cached.value;
      const stored = await artifacts.find(KIND, addressId(logoUri));
      if (stored === undefined) return undefined;
      const value = stored as unknown as AddressedLogo;
      remember(logoUri, value);
      return value;
    },
    async save(logoUri, value) {
      const expiresAt = value.fetchedAt === undefined ? value.nextAt : value.fetchedAt + LIFETIME;
      await artifacts.upsert(KIND, addressId(logoUri), { payload: { ...value }, expiresAt });
      remember(logoUri, value);
    },
    async findImage(digest) {
      const cached = images.get(digest);
      if (cached !== undefined) return cached;
      const stored = await artifacts.find(KIND, imageId(digest));
      if (stored === undefined) return undefined;
      const image = { type: String(stored.type), content: Buffer.from(String(stored.content), 'base64') };
      images.set(digest, image);
      return image;
    },
    saveImage: (digest, { type, content }) =>
      artifacts.upsert(KIND, imageId(digest), {
        payload: { type, content: content.toString('base64') },
        expiresAt: nowInSeconds(clock) + LIFETIME + 86_400,
      }),
  };
}

const addressId = (logoUri: string): string => `address ${logoUri}`;
const imageId = (digest: string): string => `image ${digest}`;
