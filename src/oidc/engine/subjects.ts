import { createHmac } from 'node:crypto';
import type { Client } from 'oidc-provider';
import { sectorOf } from '../../clients/sector.ts';

/**
 * What a client knows an account by: `sub`. Public: the id of the account. Pairwise (OpenID Connect Core §8.1): another one in each sector,
 * so that clients cannot find out that they know the same person. Inside Signet, everything refers to account ids.
 */
export interface Subjects {
  of(client: Client, accountId: string): Promise<string>;
}

/** @param readSalt reads the secret of all pairwise subjects; called with the first of them, and again after it has failed */
export function createSubjects(readSalt: () => Promise<Buffer>): Subjects {
  let salt: Promise<Buffer> | undefined;
  const loadSalt = async (): Promise<Buffer> => {
    salt ??= readSalt();
    try {
      return await salt;
    } catch (error) {
      salt = undefined;
      throw error;
    }
  };
  return {
    async of(client, accountId) {
      if (client.subjectType !== 'pairwise') return accountId;
      return pairwiseSubject(await loadSalt(), sectorOfClient(client), accountId);
    },
  };
}

function pairwiseSubject(salt: Buffer, sector: string, accountId: string): string {
  return createHmac('sha256', salt)
    .update(JSON.stringify([sector, accountId]))
    .digest('base64url');
}

/** @throws TypeError for metadata that was not checked */
function sectorOfClient({ clientId, sectorIdentifierUri, redirectUris = [] }: Client): string {
  const sector = sectorOf({ sector_identifier_uri: sectorIdentifierUri, redirect_uris: redirectUris });
  if (sector === undefined) throw new TypeError(`${clientId} has no sector`);
  return sector;
}
