import { type ActionContext, type ActionResult, defineAgent, OcfExit } from '../../../heartbeat-ocf/index.ts';
import { within } from '../../system/clock.ts';
import { observeInterfaces } from '../../system/interfaces.ts';
import { canonicalAddress } from '../../system/ip-address.ts';
import { PHA_VERSION } from '../../system/version.ts';
import { objectionToSyncInterface, startListening, stopListening, syncFailure } from '../ipvs/sync-daemon.ts';
import { decideMonitor, decideProbe, decideStart, decideStop, decideValidate } from './decide.ts';
import type { Reason } from './decision.ts';
import { type RealServerParameters, realServerParameters } from './params.ts';
import { realServerOf } from './real-server.ts';
import { type Decide, settle } from './settle.ts';

type Context = ActionContext<RealServerParameters>;

const SYNC_MS = 5_000;

const act = async (decide: Decide, context: Context): Promise<ActionResult> => {
  const { params, resource, deadline, action } = context;
  const log = ({ rule, because, level }: Reason): void =>
    context.log[level](`${action}: [${rule}] ${because}`);
  const settled = await settle(decide, realServerOf(params.vip, params.nic_lo), {
    holder: resource,
    deadline,
    log,
  });
  if (settled.kind === 'failed') return { code: OcfExit.GENERIC, exitReason: settled.why };
  const { reason, also, code } = settled.decision;
  for (const each of [reason, ...also]) log(each);
  return code === OcfExit.SUCCESS || code === OcfExit.NOT_RUNNING
    ? { code }
    : { code, exitReason: reason.because };
};

/** Hearing of connections is a help for a later director, and no reason to be no real server. */
const listening = async (context: Context, result: ActionResult): Promise<ActionResult> => {
  const { params, deadline, log, action } = context;
  if (!params.sync_daemon || result.code !== OcfExit.SUCCESS) return result;
  const heard =
    action === 'stop'
      ? await stopListening(within(deadline, SYNC_MS))
      : await startListening(
          { interface: params.sync_interface, id: params.sync_id },
          canonicalAddress(params.vip),
          within(deadline, SYNC_MS),
        );
  if (!heard.ok) log.warn(`${action}: [sync.failed] ${syncFailure(params.sync_interface, heard.reason)}`);
  return result;
};

const start = async (context: Context): Promise<ActionResult> =>
  listening(context, await act(decideStart, context));

const monitor = async (context: Context): Promise<ActionResult> => {
  if (context.problems.length > 0) return { code: OcfExit.NOT_RUNNING };
  if (context.isProbe) return act(decideProbe, context);
  return listening(context, await act(decideMonitor, context));
};

/** Without an address that can be one there is nothing to remove: no start has ever succeeded with it. */
const stop = async (context: Context): Promise<ActionResult> =>
  context.problems.length > 0
    ? { code: OcfExit.SUCCESS }
    : listening(context, await act(decideStop, context));

const validate = async (context: Context): Promise<ActionResult> => {
  const { params, deadline } = context;
  const objection = params.sync_daemon
    ? objectionToSyncInterface(params.sync_interface, await observeInterfaces(deadline))
    : undefined;
  return objection === undefined
    ? act(decideValidate, context)
    : { code: OcfExit.INSTALLED, exitReason: objection };
};

export const realServerAgent = defineAgent({
  name: 'lvsdr-realsvr',
  version: PHA_VERSION,
  shortdesc: 'Real server of the read load balancer: accepts the virtual address, and does not announce it',
  longdesc: `Makes this machine a real server of ocf:pha:lvsdr (Linux IPVS, direct routing or tunnelling): it has the virtual address on its loopback, so that it takes the connections that the director sends on, and it does not answer ARP for that address, so that clients find the director alone.

For that, start sets the kernel settings arp_ignore to 1 and arp_announce to 2 (net.ipv4.conf.all and of the interface) before it adds the address, and stop removes the address before it puts them back to what they were. What somebody else has changed meanwhile is left alone, and monitor sets them again if they are lost. IPv6 needs no such settings. Run it as a clone, on all standbys; it may run on the director's node too.`,
  parameters: realServerParameters,
  actions: {
    start: { advice: [{ timeoutSeconds: 20 }], handler: start },
    stop: { advice: [{ timeoutSeconds: 20 }], toleratesBadParameters: true, handler: stop },
    monitor: {
      advice: [{ timeoutSeconds: 20, intervalSeconds: 60 }],
      toleratesBadParameters: 'probe',
      handler: monitor,
    },
    'validate-all': {
      advice: [{ timeoutSeconds: 20 }],
      handler: validate,
    },
  },
});
