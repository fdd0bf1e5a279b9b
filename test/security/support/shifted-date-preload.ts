import { readFileSync } from 'node:fs';
import { shiftDate } from './shifted-date.ts';

/** For `node --import`: `Date` follows the file that `CLOCK_FILE` names, which holds milliseconds. */

const path = process.env.CLOCK_FILE ?? '';
setInterval(() => shiftDate(Number(readFileSync(path, 'utf8'))), 20).unref();
