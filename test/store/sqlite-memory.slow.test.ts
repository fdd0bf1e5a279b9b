import { openStore } from '../../src/store/open.ts';
import { describeStoreContract } from './contract.ts';

describe('SQLite store', () => {
  describeStoreContract('SQLite in memory', (clock) => openStore('sqlite::memory:', { clock }));
});
