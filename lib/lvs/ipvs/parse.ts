import { canonicalAddress, ipVersion } from '../../system/ip-address.ts';
import { type Forward, type RealServer, serviceName, type VirtualService } from './table.ts';

/**
 * Reads `ipvsadm -Sn`, the lines that `ipvsadm -R` takes back. Total: a line of another kind of service, or one that is
 * not understood, is left out, and so is never touched.
 */
export const parseRules = (text: string): readonly VirtualService[] => {
  const services = new Map<string, VirtualService & { readonly servers: RealServer[] }>();
  for (const line of text.split('\n')) {
    const [verb = '', kind, address = '', ...words] = line.trim().split(/\s+/);
    const key = kind === '-t' ? parseSocket(address) : undefined;
    if (key === undefined) continue;
    const name = serviceName({ vip: key.address, port: key.port });
    if (verb === '-A') services.set(name, readService(key, words));
    const server = verb === '-a' ? readServer(words) : undefined;
    if (server !== undefined) services.get(name)?.servers.push(server);
  }
  return [...services.values()];
};

interface Socket {
  readonly address: string;
  readonly port: number;
}

/** `1.2.3.4:5432` or `[fd00::1]:5432`. */
export const parseSocket = (text: string): Socket | undefined => {
  const [, six, four, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = six ?? four ?? '';
  return ipVersion(address) === undefined
    ? undefined
    : { address: canonicalAddress(address), port: Number(port) };
};

/** Each option with the word that follows it; `''` for one that stands alone. */
const readOptions = (words: readonly string[]): Map<string, string> => {
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const next = words[at + 1];
    const takesNext = next !== undefined && !/^-\D/.test(next);
    options.set(words[at] ?? '', takesNext ? next : '');
    if (takesNext) at++;
  }
  return options;
};

const take = (options: Map<string, string>, name: string): string | undefined => {
  const value = options.get(name);
  options.delete(name);
  return value;
};

const rest = (options: ReadonlyMap<string, string>): string =>
  [...options].map(([name, value]) => `${name} ${value}`.trim()).join(' ');

const readService = (
  { address, port }: Socket,
  words: readonly string[],
): VirtualService & { readonly servers: RealServer[] } => {
  const options = readOptions(words);
  const scheduler = take(options, '-s') ?? '';
  const seconds = take(options, '-p');
  const mask = take(options, '-M');
  const flags = take(options, '-b')?.split(',').sort() ?? [];
  const persistence = seconds === undefined ? undefined : { seconds: Number(seconds), mask };
  return {
    vip: address,
    port,
    scheduling: { scheduler, flags, persistence },
    others: rest(options),
    servers: [],
  };
};

const FORWARDS: Readonly<Record<string, Forward>> = { '-g': 'gate', '-m': 'masq', '-i': 'ipip' };

const readServer = (words: readonly string[]): RealServer | undefined => {
  const options = readOptions(words);
  const socket = parseSocket(take(options, '-r') ?? '');
  if (socket === undefined) return undefined;
  const weight = Number(take(options, '-w') ?? 1);
  const letter = ['-g', '-m', '-i'].find((each) => take(options, each) !== undefined) ?? '-g';
  // What the kernel adds by itself to a plain tunnel.
  if (options.get('--tun-type') === 'ipip') options.delete('--tun-type');
  return { ...socket, forward: FORWARDS[letter] ?? 'gate', weight, others: rest(options) };
};
