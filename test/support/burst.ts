import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export interface BurstAnswer {
  status: number;
  body: string;
}

/**
 * Sends the same request on many sockets at the same instant: each socket sends all but the last byte, then all send their last byte
 * together, so that the server handles the requests concurrently.
 * @param request a form by POST, or without a body a GET
 * @param ports the sockets are spread over these; several processes may serve one issuer
 */
export async function burst(
  ports: readonly number[],
  request: { path: string; host: string; headers: Record<string, string>; body?: string },
  count: number,
): Promise<BurstAnswer[]> {
  const { body } = request;
  const head = [
    `${body === undefined ? 'GET' : 'POST'} ${request.path} HTTP/1.1`,
    `Host: ${request.host}`,
    'Connection: close',
    ...(body === undefined
      ? []
      : ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${Buffer.byteLength(body)}`]),
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const bytes = Buffer.from(`${head}\r\n\r\n${body ?? ''}`);
  const sockets = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const socket = connect({
        port: ports[index % ports.length] as number,
        host: '127.0.0.1',
        noDelay: true,
      });
      await once(socket, 'connect');
      socket.write(bytes.subarray(0, -1));
      return socket;
    }),
  );
  const answers = sockets.map(readAnswer);
  for (const socket of sockets) socket.write(bytes.subarray(-1));
  return await Promise.all(answers);
}

async function readAnswer(socket: Socket): Promise<BurstAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), body: text.slice(end + 4) };
}
