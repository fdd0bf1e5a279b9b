/** A request to an API that a client protects. @returns status and body, parsed if it is JSON */
export async function answerOf(url: string, token?: string): Promise<[status: number, body: unknown]> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers: { Accept: 'application/json', ...headers } });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return [response.status, isJson ? JSON.parse(text) : text];
}
