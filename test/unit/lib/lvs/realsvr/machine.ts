/** A machine in memory: what a real server's steps do to it, and what is then observed. */
import type { RealServerSnapshot } from '../../../../../lib/lvs/realsvr/snapshot.ts';
import type { Step } from '../../../../../lib/lvs/realsvr/steps.ts';
import { leaveSysctls, type Sysctls, takeSysctls } from '../../../../../lib/lvs/sysctl-record.ts';
import { known } from '../../../../../lib/system/fact.ts';
import type { Interface } from '../../../../../lib/system/interfaces.ts';

export const VIP = '192.168.0.237';

export const conf = (device: string, setting: string): string => `net/ipv4/conf/${device}/${setting}`;

export const link = (name: string, kind: Interface['kind'], ...addresses: readonly string[]): Interface => ({
  name,
  kind,
  up: kind !== 'tunnel',
  addresses: addresses.map((each) => {
    const [address = '', length] = each.split('/');
    return { address, prefixLength: Number(length) };
  }),
});

export const LO = link('lo', 'loopback', '127.0.0.1/8', '::1/128');
export const ETH0 = link('eth0', 'other', '192.168.0.232/24');

export const arpSettings = (
  ignore: Readonly<Record<string, string>>,
  announce: Readonly<Record<string, string>> = ignore,
): Sysctls =>
  Object.fromEntries(
    ['all', 'lo', 'eth0'].flatMap((each) => [
      [conf(each, 'arp_ignore'), ignore[each] ?? '0'],
      [conf(each, 'arp_announce'), announce[each] ?? '0'],
    ]),
  );

export const SILENT = arpSettings({ all: '1', lo: '1' }, { all: '2', lo: '2' });
export const HELD: readonly string[] = ['all', 'lo'].flatMap((each) => [
  conf(each, 'arp_ignore'),
  conf(each, 'arp_announce'),
]);

export const snapshotOf = (
  interfaces: readonly Interface[],
  settings: Sysctls,
  held: readonly string[] = [],
): RealServerSnapshot => ({ interfaces: known(interfaces), settings, held });

export interface Machine {
  readonly interfaces: readonly Interface[];
  readonly settings: Sysctls;
  readonly record: Parameters<typeof takeSysctls>[0];
}

export const machine = (interfaces: readonly Interface[], settings: Sysctls): Machine => ({
  interfaces,
  settings,
  record: { epoch: 'boot', held: {} },
});

const HOLDER = 'realsvr';

export const snapshotOfMachine = ({ interfaces, settings, record }: Machine): RealServerSnapshot =>
  snapshotOf(
    interfaces,
    settings,
    Object.keys(record.held).filter((name) => record.held[name]?.holders[HOLDER] !== undefined),
  );

const changed = (
  { interfaces, ...rest }: Machine,
  device: string,
  change: (link: Interface) => Interface,
): Machine => ({
  ...rest,
  interfaces: interfaces.map((each) => (each.name === device ? change(each) : each)),
});

export const perform = (machine: Machine, step: Step): Machine => {
  const { settings, record, interfaces } = machine;
  switch (step.kind) {
    case 'loadModule':
      return { ...machine, interfaces: [...interfaces, link('tunl0', 'tunnel')] };
    case 'bringUp':
    case 'takeDown':
      return changed(machine, step.device, (each) => ({ ...each, up: step.kind === 'bringUp' }));
    case 'applySettings': {
      const { record: next, writes } = takeSysctls(record, HOLDER, step.settings, settings);
      return { interfaces, record: next, settings: { ...settings, ...writes } };
    }
    case 'restoreSettings': {
      const { record: next, writes } = leaveSysctls(record, HOLDER, settings);
      return { interfaces, record: next, settings: { ...settings, ...writes } };
    }
    case 'addAddress':
      return changed(machine, step.device, (each) => ({
        ...each,
        addresses: [...each.addresses, { address: step.address, prefixLength: 32 }],
      }));
    case 'removeAddress':
      return changed(machine, step.device, (each) => ({
        ...each,
        addresses: each.addresses.filter(
          ({ address, prefixLength }) => address !== step.address || prefixLength !== step.prefixLength,
        ),
      }));
  }
};
