import { makeMemoryTmpdir } from './memory-directory.ts';

/**
 * Loaded by mocha before the tests, in every process: temporary directories are in memory where that is possible, because each write that
 * survives a power failure waits for the disk. The long form writes to the disk, and more than fits memory.
 */
const isWanted = process.env.TMPDIR === undefined && process.env.LONG_TESTS !== '1';
const directory = isWanted ? makeMemoryTmpdir() : undefined;
if (directory !== undefined) process.env.TMPDIR = directory;
