import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives the tests of the suite around the call one directory. @returns the path of a file in it */
export function temporaryDirectory(): (file: string) => string {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-store-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  return (file) => join(directory, file);
}
