import { setImmediate as turn } from 'node:timers/promises';
import type { Connection } from '../../src/store/redis/connection/connection.ts';

/** An open Redis whose commands a test can stop at each point: before the first, the second … command of an operation. */
export interface Stepping {
  readonly connection: Connection;
  /** Commands since the last `stopBefore`. */
  readonly commands: number;
  /**
   * Runs `meanwhile` when command number `index` (from 0) is about to be sent and all earlier ones have their replies. That command and
   * all later ones are sent after it; when it rejects, they are not sent and fail with its error, as if the process had ended.
   * @param alone whether only that command is held up, and those sent together with it have their replies before: they go to other
   *   servers or on another connection, so their order is not known
   */
  stopBefore(index: number, alone: boolean, meanwhile: () => Promise<unknown>): void;
  /** Settles when `meanwhile` has ended: the operation may not wait for its last command. */
  ended(): Promise<void>;
}

export function stepping(redis: Connection): Stepping {
  let commands = 0;
  let stop = Infinity;
  let meanwhile: () => Promise<unknown> = async () => {};
  let earlier: Promise<unknown>[] = [];
  let stopped: Promise<unknown> | undefined;
  let alone = false;

  async function settleOthers(): Promise<void> {
    await turn();
    await Promise.allSettled(earlier);
  }

  async function step<T>(send: () => Promise<T>): Promise<T> {
    const index = commands++;
    if (index === stop || (index > stop && !alone)) await (stopped ??= settleOthers().then(meanwhile));
    const sent = send();
    earlier.push(sent);
    return sent;
  }

  const steps: Pick<
    Connection,
    'operation' | 'command' | 'send' | 'sendInBackground' | 'run' | 'runDurably' | 'write'
  > = {
    operation: (work) => redis.operation(work),
    command: (send) => step(() => redis.command(send)),
    send: (send) => step(() => redis.send(send)),
    sendInBackground: (send) => void step(() => redis.send(send)).catch(() => {}),
    run: (...call) => step(() => redis.run(...call)),
    runDurably: (...call) => step(() => redis.runDurably(...call)),
    write: (...call) => step(() => redis.write(...call)),
  };
  return {
    // The store uses no other member of a connection.
    connection: steps as unknown as Connection,
    get commands() {
      return commands;
    },
    stopBefore(index, isAlone, work) {
      [commands, stop, alone, meanwhile, earlier, stopped] = [0, index, isAlone, work, [], undefined];
    },
    ended: async () => void (await Promise.allSettled([stopped])),
  };
}
