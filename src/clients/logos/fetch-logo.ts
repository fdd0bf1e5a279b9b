import type { Logger } from '../../observability/log.ts';
import { OutboundError } from '../../outbound/errors.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { type ImageType, imageTypeOf } from './image-type.ts';
import type { LogoImage } from './stored-logos.ts';

/** Pixels of each side. */
const MAX_SIDE = 1024;

/** @returns undefined for a logo that cannot be had or shown; the log has the reason */
export async function fetchLogo(
  outbound: Outbound,
  logoUri: string,
  log: Pick<Logger, 'warn'>,
): Promise<LogoImage | undefined> {
  let content: Buffer;
  try {
    const accept = 'image/webp, image/png, image/jpeg';
    ({ body: content } = await outbound.get(logoUri, { purpose: 'logo_uri', accept }));
  } catch (error) {
    // The guarded fetch has logged it.
    if (error instanceof OutboundError) return undefined;
    throw error;
  }
  const image = imageTypeOf(content);
  if (image !== undefined && fits(image)) return { type: image.type, content };
  const problem =
    image === undefined
      ? 'it is no PNG, JPEG or WebP image'
      : `it has ${image.width} × ${image.height} pixels; at most ${MAX_SIDE} × ${MAX_SIDE} are shown`;
  log.warn({ logoUri: logoUri.slice(0, 300), problem }, 'the logo of a client is not shown');
  return undefined;
}

function fits({ width, height }: ImageType): boolean {
  return width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
}
