import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a directory for the suite around the call. @returns a function from a file name to its path in the directory */
export function temporaryDirectory(): (file: string) => string {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-store-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  return (file) => join(directory, file);
}
