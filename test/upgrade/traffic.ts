import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { basic, type TokenResponse, WEB } from '../support/flow.ts';
import type { Fleet, Node, Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';

/** Sends requests for the issuer to its nodes in turn, as a load balancer does, or to a node of one version. */
export interface Traffic {
  readonly issuer: string;
  /** Whether a browser stays at one version from an authorization request to its response. */
  readonly isSticky: boolean;
  /** Those that get requests now. */
  nodes: () => Node[];
  /** Whose turn it is. */
  nextVersion: () => Version;
  /**
   * @param where this node or a node of this version if it is running, otherwise the next of all
   * @throws OverloadedError
   */
  fetch: (
    url: string | URL,
    init?: RequestInit,
    where?: Version | Node,
  ) => Promise<Response & { by: Version }>;
  /** Posts a form with `client_secret_basic`. @returns status and JSON of the answer, which may be empty */
  form: (path: string, fields: Record<string, string>, options?: FormOptions) => Promise<FormAnswer>;
  close: () => Promise<void>;
}

interface FormOptions {
  /** `null`: the form has all that authenticates. */
  client?: { id: string; secret: string } | null;
  version?: Version | undefined;
}

export interface FormAnswer {
  status: number;
  body: TokenResponse & { active?: boolean; request_uri?: string };
  /** Which version answered. */
  by: Version;
}

/**
 * 503: the store or a hash took too long. On a machine that is busy with something else this is no fault of a version, so it is counted
 * apart; and since the write may have happened, what depends on it cannot be judged.
 */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

export function createTraffic(fleet: Fleet, ledger: Ledger, isSticky = false): Traffic {
  const agents = new Map<Node, Agent>();
  const agentOf = (node: Node): Agent => {
    const connect = buildConnector({});
    const agent =
      agents.get(node) ??
      new Agent({
        // The request names the issuer; the connection goes to the node.
        connect: (options, callback) =>
          connect(
            { ...options, hostname: '127.0.0.1', host: '127.0.0.1', port: String(node.port) },
            callback,
          ),
      });
    agents.set(node, agent);
    return agent;
  };

  const send: Traffic['fetch'] = async (url, init = {}, where) => {
    const node = fleet.next(where);
    const what = `${init.method ?? 'GET'} ${new URL(url).pathname.replace(/[\w-]{21,}/g, '…')} at ${node.version}`;
    node.pending += 1;
    try {
      const answer = await undiciFetch(url, { ...init, dispatcher: agentOf(node) } as never);
      // So that the connection is free, whatever the caller does with the body.
      const body = await answer.text();
      if (answer.status === 503)
        throw new OverloadedError(`${what}: ${node.log.at(-1) ?? body.slice(0, 300)}`);
      ledger.check(
        'available',
        answer.status < 500,
        () => `${what}: ${answer.status} ${node.log.at(-1) ?? body.slice(0, 300)}`,
      );
      ledger.note(`answers by the ${node.version} version`);
      const isEmpty = body === '' || answer.status === 204;
      const response = new Response(isEmpty ? null : body, {
        status: answer.status,
        headers: [...answer.headers],
      });
      return Object.assign(response, { by: node.version });
    } catch (error) {
      if (error instanceof OverloadedError) throw error;
      const { message, cause } = error as Error;
      ledger.check('available', false, () => `${what}: ${message} ${String(cause)} ${node.log.at(-1) ?? ''}`);
      throw error;
    } finally {
      node.pending -= 1;
    }
  };

  return {
    issuer: fleet.issuer,
    isSticky,
    nodes: () => [...fleet.nodes],
    nextVersion: () => fleet.next().version,
    fetch: send,
    form: async (path, fields, { client = WEB, version } = {}) => {
      const headers = client === null ? {} : { Authorization: basic(client) };
      const init = { method: 'POST', headers, body: new URLSearchParams(fields) };
      const response = await send(`${fleet.issuer}${path}`, init, version);
      const text = await response.text();
      const body = (text.startsWith('{') ? JSON.parse(text) : {}) as FormAnswer['body'];
      return { status: response.status, body, by: response.by };
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}
