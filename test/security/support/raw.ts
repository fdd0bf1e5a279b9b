import { text } from 'node:stream/consumers';
import { assertNothingLeaks } from './answer.ts';
import type { Stage } from './stage.ts';

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  status: number;
  /** Names in small letters; of several with one name, the last. */
  headers: Record<string, string>;
  body: string;
  /** Everything that came back, of several answers too. */
  text: string;
}

/** Milliseconds of silence after which a connection that the other side keeps open is given up. */
const SILENCE = 3000;

/** Sends bytes as they are, and takes what comes back until the other side closes: put `Connection: close` into the request. */
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
 * A request line and headers as they are, without anything that Node would add or refuse.
 * @param headers a list where a name comes twice; `Host` and `Connection: close` are there unless given, undefined leaves one out
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
