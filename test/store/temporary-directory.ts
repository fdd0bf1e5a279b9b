import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

/** Gives the tests of the suite around the call one directory. @returns the path of a file in it */
export function temporaryDirectory(): (file: string) => string {
  let directory: string;
  before(() => {
    directory = makeMemoryDirectory('signet-store');
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  return (file) => join(directory, file);
}
