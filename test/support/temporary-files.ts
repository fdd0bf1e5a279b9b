import { makeMemoryTmpdir } from './memory-directory.ts';

/**
 * Loaded by mocha before the tests, in every process: temporary directories are in memory where that is possible, because each write that
 * survives a power failure waits for the disk.
 */
const directory = process.env.TMPDIR === undefined ? makeMemoryTmpdir() : undefined;
if (directory !== undefined) process.env.TMPDIR = directory;
