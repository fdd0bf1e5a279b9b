import { readFileSync } from 'node:fs';
import { shiftDate } from './shifted-date.ts';

/** For `node --import`: `Date` is shifted by the milliseconds in the file `CLOCK_FILE`. */

const path = process.env.CLOCK_FILE ?? '';
setInterval(() => shiftDate(Number(readFileSync(path, 'utf8'))), 20).unref();
