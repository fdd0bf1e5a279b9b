import { copyDatabase010 } from '../store/old-data.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { describeStoredClients } from './stored-clients.ts';

describe('Clients of 0.1.0 in SQLite', () => {
  const path = temporaryDirectory();

  describeStoredClients(async () => {
    const file = path('old.db');
    const knowledge = copyDatabase010(file);
    return { store: `sqlite:${file}`, knowledge };
  });
});
