import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { describeInitialTokens } from './initial-tokens.ts';

describe('Initial access tokens (RFC 7591 §3) on SQLite', () => {
  describeInitialTokens(async (clock) => {
    const address = `sqlite:${join(makeMemoryDirectory('signet-tokens'), 'signet.db')}`;
    return [await openStore(address, { clock }), await openStore(address, { clock })];
  });
});
