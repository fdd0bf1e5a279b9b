import { text } from 'node:stream/consumers';
import { assertNothingLeaks } from './answer.ts';
import type { Stage } from './stage.ts';

export interface RawAnswer {
  /** 0 when the connection was closed without a response. */
  status: number;
  /** Names in lower case; of several with one name, the last. */
  headers: Record<string, string>;
  body: string;
  /** All bytes, also of several responses. */
  text: string;
}

/** Milliseconds without data after which an open connection is closed. */
const SILENCE = 3000;

/** Sends raw bytes, and reads until the server closes the connection: the request needs `Connection: close`. */
export async function sendRaw(stage: Stage, bytes: string): Promise<RawAnswer> {
  const socket = stage.dial();
  socket.setTimeout(SILENCE, () => socket.end());
  socket.write(Buffer.from(bytes, 'latin1'));
  const answer = parse(await text(socket).catch(() => ''));
  assertNothingLeaks(answer, answer.text);
  stage.secrets.noteBody(answer.body);
  return answer;
}

/**
 * A raw request line and headers, without additions and checks of Node.
 * @param headers a list when a name occurs twice; `Host` and `Connection: close` are added unless given; undefined omits one
 */
export async function requestRaw(
  stage: Stage,
  requestLine: string,
  headers: Record<string, string | readonly string[] | undefined> = {},
  body = '',
): Promise<RawAnswer> {
  const all: typeof headers = { Host: stage.host, Connection: 'close' };
  if (body !== '') {
    all['Content-Type'] = 'application/x-www-form-urlencoded';
    all['Content-Length'] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries({ ...all, ...headers }).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `${name}: ${each}\r\n`),
  );
  return await sendRaw(stage, `${requestLine}\r\n${lines.join('')}\r\n${body}`);
}

function parse(answer: string): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = answer.slice(0, end < 0 ? undefined : end).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: end < 0 ? '' : answer.slice(end + 4),
    text: answer,
  };
}
