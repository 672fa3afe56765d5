import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { Interface } from '../../system/interfaces.ts';
import { sysctlName } from '../sysctl-record.ts';
import { actOr, type Decision, done, type Reason, reason } from './decision.ts';
import type { RealServer } from './real-server.ts';
import type { RealServerSnapshot } from './snapshot.ts';
import type { Step } from './steps.ts';
import { type PresentView, viewOf } from './view.ts';

/*
 * Invariant: while a device of this machine has the virtual address as a real server has it, no interface answers ARP
 * for it. So the kernel settings come before the address, and go after it.
 */

export const decideStart = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const view = viewOf(server, snapshot);
  if (view.kind === 'unknown') return done(OcfExit.GENERIC, reason('start.unknown', view.why, 'error'));
  if (view.kind === 'unfit') {
    const load: readonly Step[] =
      view.module === undefined ? [] : [{ kind: 'loadModule', module: view.module }];
    return actOr(reason('start.load-module', `${server.device} is made by a module`), load, () =>
      done(OcfExit.INSTALLED, reason('start.unfit', view.why, 'error')),
    );
  }
  const { device, misfits, hasAddress, wished, wrong } = view;
  if (device.kind === 'loopback' && !device.up)
    return done(OcfExit.GENERIC, reason('start.loopback-down', loopbackDown(device.name), 'error'));
  const isHeld = Object.keys(wished).every((name) => snapshot.held.includes(name));
  const steps: readonly Step[] = [
    ...(isHeld && isNothing(wrong) ? [] : [{ kind: 'applySettings', settings: wished } as const]),
    ...(device.up ? [] : [{ kind: 'bringUp', device: device.name } as const]),
    ...misfits.map((misfit) => removal(device.name, misfit)),
    ...(hasAddress ? [] : [addition(server)]),
  ];
  return actOr(reason('start.accept', `${server.vip} is to be accepted here`), steps, () =>
    done(OcfExit.SUCCESS, reason('start.accepted', accepted(server)), elsewhereToo(server, view)),
  );
};

export const decideStop = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const view = viewOf(server, snapshot);
  if (view.kind === 'unknown')
    return done(
      OcfExit.GENERIC,
      reason('stop.unknown', `${server.vip} may still be here: ${view.why}`, 'error'),
    );
  const steps: readonly Step[] = [
    ...(view.kind === 'present' ? withoutAddress(server, view.device) : []),
    ...(snapshot.held.length === 0 ? [] : [{ kind: 'restoreSettings' } as const]),
  ];
  return actOr(reason('stop.give-up', `${server.vip} is not accepted here any more`), steps, () =>
    done(OcfExit.SUCCESS, reason('stop.done', `${server.vip} is not on ${server.device}`)),
  );
};

/** A probe asks for the address alone: whether it is held well, the recurring monitor tells. */
export const decideProbe = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const view = viewOf(server, snapshot);
  if (view.kind === 'unknown') return done(OcfExit.GENERIC, reason('monitor.unknown', view.why, 'error'));
  return view.kind === 'present' && (view.hasAddress || view.misfits.length > 0)
    ? done(OcfExit.SUCCESS, reason('monitor.there', accepted(server), 'debug'))
    : done(
        OcfExit.NOT_RUNNING,
        reason('monitor.not-there', `${server.vip} is not on ${server.device}`, 'debug'),
      );
};

/** Settings that somebody has changed are set again at once: until then this machine takes clients from the director. */
export const decideMonitor = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const view = viewOf(server, snapshot);
  if (view.kind !== 'present') return decideProbe(server, snapshot);
  const { device, misfits, hasAddress, wished, wrong } = view;
  const [misfit] = misfits;
  if (misfit !== undefined)
    return done(
      OcfExit.GENERIC,
      reason(
        'monitor.misfit',
        `${server.vip}/${misfit.prefixLength} is on ${device.name}, so this machine takes that whole network for its own; a start puts it right`,
        'error',
      ),
    );
  if (!hasAddress)
    return done(
      OcfExit.NOT_RUNNING,
      reason('monitor.lost', `${server.vip} is not on ${device.name}`, 'warn'),
    );
  if (!device.up) return done(OcfExit.GENERIC, reason('monitor.down', `${device.name} is down`, 'error'));
  const changed = Object.entries(wrong).map(
    ([name, value]) => `${sysctlName(name)} was ${snapshot.settings[name]} instead of ${value}`,
  );
  return actOr(
    reason(
      'monitor.settings',
      `${changed.join(', ')}: somebody has changed it, and clients may have learnt this machine's address for ${server.vip}`,
      'warn',
    ),
    isNothing(wrong) ? [] : [{ kind: 'applySettings', settings: wished }],
    () => done(OcfExit.SUCCESS, reason('monitor.there', accepted(server), 'debug')),
  );
};

/** Whether a start could do its work, without doing it. */
export const decideValidate = (server: RealServer, snapshot: RealServerSnapshot): Decision => {
  const view = viewOf(server, snapshot);
  if (view.kind === 'unknown' || (view.kind === 'unfit' && view.module === undefined))
    return done(OcfExit.INSTALLED, reason('validate.unfit', view.why, 'error'));
  return done(OcfExit.SUCCESS, reason('validate.fit', `${server.device} can have ${server.vip}`, 'debug'));
};

const isNothing = (settings: object): boolean => Object.keys(settings).length === 0;

const accepted = ({ vip, device }: RealServer): string => `${vip} is on ${device}`;

const loopbackDown = (device: string): string => `${device} is down; bring it up (ip link set ${device} up)`;

const addition = ({ vip, device, label }: RealServer): Step => ({
  kind: 'addAddress',
  address: vip,
  device,
  label,
});

const removal = (device: string, at: { address: string; prefixLength: number }): Step => ({
  kind: 'removeAddress',
  device,
  address: at.address,
  prefixLength: at.prefixLength,
});

/** A tunnel that nobody else has an address on goes down: it would take in packets from anybody. */
export const withoutAddress = ({ vip }: RealServer, device: Interface): readonly Step[] => {
  const own = device.addresses.filter(({ address }) => address === vip);
  const others = device.addresses.filter(({ address }) => address !== vip && !address.startsWith('fe80:'));
  const takeDown = device.kind === 'tunnel' && device.up && own.length > 0 && others.length === 0;
  return [
    ...own.map((each) => removal(device.name, each)),
    ...(takeDown ? [{ kind: 'takeDown', device: device.name } as const] : []),
  ];
};

const elsewhereToo = ({ vip }: RealServer, { elsewhere }: PresentView): readonly Reason[] =>
  elsewhere.map((name) =>
    reason(
      'start.elsewhere',
      `${vip} is on ${name} too: right on the director's node; on any other, remove it there (ip address del), since this machine answers for it`,
    ),
  );
