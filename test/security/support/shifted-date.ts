/**
 * Shifts `Date` of this process by a number of milliseconds. Timers, sockets and the clock of the store are not affected.
 */

const RealDate = Date;
let ahead = 0;

const now = (): number => RealDate.now() + ahead;

/** @param milliseconds ahead of the real time; 0 restores `Date` */
export function shiftDate(milliseconds: number): void {
  ahead = milliseconds;
  globalThis.Date = milliseconds === 0 ? RealDate : shifted;
}

const shifted = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
});
