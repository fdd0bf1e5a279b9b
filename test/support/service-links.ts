import { isIPv6 } from 'node:net';

/**
 * The variables that kubelet sets in every pod of a namespace for one of its Services, as `FromServices` in
 * `pkg/kubelet/envvars` of Kubernetes makes them; the names with `_PORT` are those of Docker's links.
 * @param name of the Service
 * @param ports by name; one without a name has the name ''
 */
export function serviceLinks(
  name: string,
  address: string,
  ports: Readonly<Record<string, number>>,
  protocol = 'tcp',
): Record<string, string> {
  const upper = (text: string): string => text.toUpperCase().replaceAll('-', '_');
  const prefix = upper(name);
  const links: Record<string, string> = { [`${prefix}_SERVICE_HOST`]: address };
  for (const [index, [portName, port]] of Object.entries(ports).entries()) {
    const url = `${protocol}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
    if (index === 0) {
      links[`${prefix}_SERVICE_PORT`] = String(port);
      links[`${prefix}_PORT`] = url;
    }
    if (portName !== '') links[`${prefix}_SERVICE_PORT_${upper(portName)}`] = String(port);
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    links[link] = url;
    links[`${link}_PROTO`] = protocol;
    links[`${link}_PORT`] = String(port);
    links[`${link}_ADDR`] = address;
  }
  return links;
}
