/**
 * Time that goes on as ever, only later: `Date` of this process runs ahead by as many milliseconds as told. Timers, sockets and the
 * store's own clock do not notice.
 */

const RealDate = Date;
let ahead = 0;

const now = (): number => RealDate.now() + ahead;

/** @param milliseconds from the real time; 0 brings the real `Date` back */
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
