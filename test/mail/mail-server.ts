import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  message: string;
  /** Whether the connection was encrypted. */
  secure: boolean;
  user: string | undefined;
}

/** A mail server for tests. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Connections so far. */
  connections = 0;
  /** Called after a message; what it throws is the answer, and no answer comes before its end. */
  onMessage: (mail: ReceivedMail) => void | Promise<void> = () => {};
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      disabledCommands: options.key === undefined ? ['STARTTLS', 'AUTH'] : ['AUTH'],
      authOptional: true,
      disableReverseLookup: true,
      closeTimeout: 10,
      onConnect: (_session, done) => {
        this.connections += 1;
        done();
      },
      onData: (stream, { envelope, secure, user }, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => void parts.push(part));
        stream.on('end', () => {
          const mail = {
            from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            message: Buffer.concat(parts).toString(),
            secure,
            user: user as string | undefined,
          };
          void this.#take(mail, done);
        });
      },
      ...options,
    });
    this.#server.on('error', () => {});
  }

  async #take(mail: ReceivedMail, done: (error?: Error) => void): Promise<void> {
    try {
      await this.onMessage(mail);
    } catch (error) {
      done(error as Error);
      return;
    }
    this.received.push(mail);
    done();
  }

  /** @returns the port */
  async start(port = 0): Promise<number> {
    const listening = this.#server.listen(port, '127.0.0.1');
    if (!listening.listening) await once(listening, 'listening');
    return (listening.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** An answer of the server. @param code of RFC 5321 §4.2.3 */
export function answer(code: number): Error {
  return Object.assign(new Error('maria@example.com is a text of the server'), { responseCode: code });
}
