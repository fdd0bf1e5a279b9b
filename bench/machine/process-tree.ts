import { readdirSync, readFileSync } from 'node:fs';

/** Memory and processor time of processes, from proc(5). Linux only. */

export interface ProcessEntry {
  pid: number;
  parent: number;
  residentBytes: number;
  cpuSeconds: number;
}

/** Linux counts processor time in hundredths of a second for user space on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** A process and all that descend from it. */
export function descendantsAndSelf(pid: number): ProcessEntry[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name)));
  const family = all.filter((entry) => entry.pid === pid);
  // The list grows while it is walked: each entry adds its children.
  for (const member of family) family.push(...all.filter((entry) => entry.parent === member.pid));
  return family;
}

function readEntry(pid: number): ProcessEntry[] {
  try {
    // Field numbers of proc_pid_stat(5) count from 1; the name in parentheses is field 2.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    const resident = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return [
      {
        pid,
        parent: field(4),
        cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
        residentBytes: Number(resident ?? 0) * 1024,
      },
    ];
  } catch {
    return []; // It ended between the listing and the reading.
  }
}
