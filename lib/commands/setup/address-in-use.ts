import type { Deadline } from '../../system/clock.ts';
import { run, succeeded } from '../../system/process.ts';

/**
 * Who has this address, in words, if it is somebody who answers and no resource of the cluster; undefined if nobody
 * does, or if that cannot be asked here (arping of iputils is not installed, no route, IPv6).
 */
export async function whoHasAddress(
  address: string,
  nic: string,
  deadline: Deadline,
): Promise<string | undefined> {
  const own = await run('ip', ['-json', 'address', 'show', 'to', address], { deadline });
  const [mine] = succeeded(own) ? interfacesOf(own.stdout) : [];
  if (mine !== undefined) {
    return `${address} is on ${mine} of this node already, and no resource of the cluster put it there; remove it (ip address del)`;
  }
  const route = nic === '' ? await run('ip', ['-json', 'route', 'get', address], { deadline }) : undefined;
  const device = nic || (route !== undefined && succeeded(route) ? deviceOf(route.stdout) : undefined);
  if (device === undefined) return undefined;
  const version = await run('arping', ['-V'], { deadline });
  if (!version.stdout.includes('iputils')) return undefined;
  // -D asks as a machine does that is about to take the address: exit code 1 says that somebody answered.
  const asked = await run('arping', ['-D', '-c', '2', '-w', '2', '-I', device, address], { deadline });
  const hardware = /\[([0-9A-F:]{17})\]/i.exec(asked.stdout)?.[1];
  return asked.exitCode === 1 && hardware !== undefined
    ? `${address} answers already, from ${hardware}, and it is no resource of the cluster; free it, or correct config.ini`
    : undefined;
}

const interfacesOf = (json: string): readonly string[] =>
  records(json).flatMap(({ ifname }) => (typeof ifname === 'string' ? [ifname] : []));

const deviceOf = (json: string): string | undefined => {
  const dev = records(json)[0]?.dev;
  return typeof dev === 'string' ? dev : undefined;
};

/** `ip -json` prints a list of objects, empty ones for what was left out. */
function records(json: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? parsed.filter((each) => typeof each === 'object' && each !== null) : [];
  } catch {
    return [];
  }
}
