import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

/** Creates a directory for the suite around the call. @returns a function from a file name to its path in the directory */
export function temporaryDirectory(): (file: string) => string {
  let directory: string;
  before(() => {
    directory = makeMemoryDirectory('signet-store');
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  return (file) => join(directory, file);
}
