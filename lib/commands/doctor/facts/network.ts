import { type Deadline, within } from '../../../system/clock.ts';
import { type Fact, known, unknown } from '../../../system/fact.ts';
import { lookUpAddresses } from '../../../system/ip-address.ts';
import { isInNetwork } from '../../../system/ip-network.ts';
import type { LocalAddress } from '../../../system/network.ts';
import { describeFailure, run } from '../../../system/process.ts';
import type { VipFacts } from './facts.ts';

/** One question, and one second for the answers. */
const ARPING_MS = 2_500;

/**
 * Who has an address. The question is that of duplicate address detection (RFC 5227): it disturbs nobody's table, and the
 * node that asks does not answer itself.
 */
export async function examineVip(
  address: string,
  own: readonly LocalAddress[],
  deadline: Deadline,
): Promise<VipFacts> {
  const outward = own.filter(({ loopback }) => !loopback);
  const heldBy = outward.find((each) => each.address === address)?.device ?? null;
  const near = outward.find(
    (each) => each.address !== address && isInNetwork(address, each.address, each.prefixLength),
  );
  const device = heldBy ?? near?.device;
  const answers =
    device === undefined
      ? unknown(`no address of this node is in the network of ${address}`)
      : await askNetwork(address, device, within(deadline, ARPING_MS));
  return { address, heldBy, answers };
}

async function askNetwork(
  address: string,
  device: string,
  deadline: Deadline,
): Promise<Fact<readonly string[]>> {
  if (address.includes(':')) return unknown('addresses of IPv6 are not asked for');
  const args = ['-D', '-c', '1', '-w', '1', '-I', device, address];
  const result = await run('arping', args, { deadline });
  // 0: nobody has it; 1: somebody has it (iputils). Another arping, or no right to ask, is no answer.
  const answered = !result.timedOut && (result.exitCode === 0 || result.exitCode === 1);
  if (!answered || !/^(ARPING|Sent)/m.test(result.stdout))
    return unknown(
      result.notFound ? 'arping is not installed (package iputils-arping)' : describeFailure(result),
    );
  return known(parseArpAnswers(result.stdout));
}

/**
 * The addresses of a host. Where a machine has so much to do that half of the time is needed for it, it still knows the
 * name; where a name server hangs, the other half is there for everything else.
 */
export const addressesOf = (host: string, deadline: Deadline): Promise<readonly string[]> =>
  lookUpAddresses(host, deadline.remainingMs() / 2);

/** `Unicast reply from 192.168.0.236 [02:70:68:61:00:01]  0.6ms`: the hardware addresses, in lower case. */
export const parseArpAnswers = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/reply from \S+ \[([0-9A-Fa-f:]{17})\]/g)].map(([, mac = '']) => mac.toLowerCase()),
  ),
];
