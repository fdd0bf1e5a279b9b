import { channel } from 'node:diagnostics_channel';

/** Counts the answers to all requests of this process, from the diagnostics channels of `fetch` and undici. */
export class AnswerCount {
  sent = 0;
  readonly byStatus: Record<string, number> = {};
  readonly #sent = (): void => void (this.sent += 1);
  readonly #answered = (message: unknown): void => {
    this.count(String((message as { response: { statusCode: number } }).response.statusCode));
  };
  readonly #failed = (): void => this.count('error');

  constructor() {
    channel('undici:request:create').subscribe(this.#sent);
    channel('undici:request:headers').subscribe(this.#answered);
    channel('undici:request:error').subscribe(this.#failed);
  }

  /** @param status code, or `error` */
  count(status: string): void {
    this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
  }

  get total(): number {
    return Object.values(this.byStatus).reduce((sum, count) => sum + count, 0);
  }

  stop(): void {
    channel('undici:request:create').unsubscribe(this.#sent);
    channel('undici:request:headers').unsubscribe(this.#answered);
    channel('undici:request:error').unsubscribe(this.#failed);
  }
}
