/** Stores the messages of each owner, in memory. Knows no tokens. */

export interface Message {
  id: string;
  text: string;
  /** ISO 8601. */
  createdAt: string;
  urgent?: true;
}

export class Messages {
  readonly #byOwner = new Map<string, Message[]>();
  readonly #maxOwners: number;
  readonly #maxPerOwner: number;

  /** Both limits bound the memory: beyond them, the oldest messages, and the owner who has not written for longest, are dropped. */
  constructor({ maxOwners = 10_000, maxPerOwner = 100 } = {}) {
    this.#maxOwners = maxOwners;
    this.#maxPerOwner = maxPerOwner;
  }

  /** Oldest first. */
  list(owner: string): readonly Message[] {
    return this.#byOwner.get(owner) ?? [];
  }

  add(owner: string, message: Message): void {
    const messages = [...this.list(owner), message].slice(-this.#maxPerOwner);
    this.#byOwner.delete(owner);
    this.#byOwner.set(owner, messages);
    const [oldest] = this.#byOwner.keys();
    if (this.#byOwner.size > this.#maxOwners && oldest !== undefined) this.#byOwner.delete(oldest);
  }
}
