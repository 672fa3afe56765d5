import { parseRules } from '../../../../../lib/lvs/ipvs/parse.ts';
import { serviceName, type VirtualService } from '../../../../../lib/lvs/ipvs/table.ts';

/** What the kernel makes of lines of `ipvsadm -R`; it refuses what the real one refuses. */
export const applied = (
  before: readonly VirtualService[],
  lines: readonly string[],
): readonly VirtualService[] => {
  const services = new Map(before.map((service) => [serviceName(service), service]));
  for (const line of lines) {
    const [verb = '', , name = '', , server = ''] = line.split(' ');
    const service = services.get(name);
    const servers = (service?.servers ?? []).map((each) => ({ ...each }));
    const others = servers.filter((each) => nameOf(each) !== server);
    switch (verb) {
      case '-A':
      case '-E': {
        if ((service === undefined) !== (verb === '-A')) throw new Error(`refused: ${line}`);
        const [made] = parseRules(line.replace('-E', '-A'));
        if (made === undefined) throw new Error(`not understood: ${line}`);
        services.set(name, { ...made, servers });
        break;
      }
      case '-D':
        if (!services.delete(name)) throw new Error(`No such service: ${line}`);
        break;
      case '-a':
      case '-e':
      case '-d': {
        const isThere = others.length < servers.length;
        if (service === undefined || isThere === (verb === '-a')) throw new Error(`refused: ${line}`);
        const [made] = parseRules(`-A -t ${name} -s rr\n${line.replace('-e', '-a')}`);
        const more = verb === '-d' ? [] : (made?.servers ?? []);
        services.set(name, { ...service, servers: [...others, ...more] });
        break;
      }
      default:
        throw new Error(`not understood: ${line}`);
    }
  }
  return [...services.values()];
};

const nameOf = ({ address, port }: { address: string; port: number }): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** In one order, so that tables can be compared. */
export const sorted = (services: readonly VirtualService[]): readonly VirtualService[] =>
  [...services]
    .sort((a, b) => serviceName(a).localeCompare(serviceName(b)))
    .map((service) => ({
      ...service,
      servers: [...service.servers].sort((a, b) => nameOf(a).localeCompare(nameOf(b))),
    }));
