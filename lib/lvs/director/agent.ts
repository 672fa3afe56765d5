import { type ActionContext, type ActionResult, defineAgent, OcfExit } from '../../../heartbeat-ocf/index.ts';
import { hostName } from '../../system/host.ts';
import { observeInterfaces } from '../../system/interfaces.ts';
import { PHA_VERSION } from '../../system/version.ts';
import { kernelVerdict } from '../ipvs/kernel.ts';
import { objectionToSyncInterface } from '../ipvs/sync-daemon.ts';
import { decideMonitor } from './decide/monitor.ts';
import { decideStart } from './decide/start.ts';
import { decideStop } from './decide/stop.ts';
import { directorConfig } from './from-parameters.ts';
import { beat } from './heartbeat-file.ts';
import type { Call } from './observe.ts';
import { checkLvsdrParameters, lvsdrNotices } from './param-rules.ts';
import { type LvsdrParameters, lvsdrParameters } from './params.ts';
import { objectionToCommand } from './scripts.ts';
import { type Decide, settle } from './settle.ts';

type Context = ActionContext<LvsdrParameters>;

const action =
  (kind: Call['kind'], decide: Decide) =>
  async (context: Context): Promise<ActionResult> => {
    const { params, resource, deadline, log, step, isProbe, problems } = context;
    const complaint = beat(params.heatbeat_file);
    if (complaint !== undefined) log.warn(complaint);
    // Without an address there is no service that could be ours; everything else has a default that will do here.
    if (problems.some(({ parameter }) => parameter === 'vip' || parameter === 'port')) {
      for (const { sentence } of problems) log.warn(sentence);
      return { code: isProbe ? OcfExit.NOT_RUNNING : OcfExit.SUCCESS };
    }
    const self = context.node ?? hostName();
    return settle(decide, { kind, self, resource, isProbe, deadline }, configOf(context), log, step);
  };

/** Parameters that contradict each other stop nothing from being stopped. */
const configOf = ({ params, problems }: Context) =>
  directorConfig(problems.length === 0 ? params : { ...params, virtual_service_options: '-s rr' });

/** What a start would need of this machine. */
const validate = async ({ params, deadline, log }: Context): Promise<ActionResult> => {
  const { scheduling, getScript, checkScript, sync } = directorConfig(params);
  const { refusal, doubts } = await kernelVerdict(scheduling, params.forward, deadline);
  for (const doubt of doubts) log.warn(doubt);
  const exitReason =
    refusal ??
    objectionToCommand('realserver_get_real_servers_script', getScript) ??
    objectionToCommand('realserver_check_active_real_server_script', checkScript) ??
    (sync === undefined
      ? undefined
      : objectionToSyncInterface(sync.interface, await observeInterfaces(deadline)));
  return exitReason === undefined ? { code: OcfExit.SUCCESS } : { code: OcfExit.INSTALLED, exitReason };
};

export const lvsdrAgent = defineAgent({
  name: 'lvsdr',
  version: PHA_VERSION,
  shortdesc: 'Balances reads over the standbys (Linux IPVS)',
  longdesc: `Makes a virtual service of Linux IPVS (the director of LVS) and keeps its real servers up to date: the nodes where another resource is active and a node attribute has the right value, a list with weights, or what a script prints; each may be checked by another script.

It belongs where the virtual IP address is, and starts before it. A server that leaves in good health keeps its connections for a while; one that is lost is removed at once. Other virtual services of the machine are never touched.`,
  parameters: lvsdrParameters,
  check: checkLvsdrParameters,
  notices: lvsdrNotices,
  actions: {
    start: { advice: [{ timeoutSeconds: 60 }], handler: action('start', decideStart) },
    stop: {
      advice: [{ timeoutSeconds: 60 }],
      toleratesBadParameters: true,
      handler: action('stop', decideStop),
    },
    monitor: {
      advice: [{ timeoutSeconds: 30, intervalSeconds: 5 }],
      toleratesBadParameters: 'probe',
      handler: action('monitor', decideMonitor),
    },
    // What start does leads from any table to the wished one, so that nobody is cut off by a changed parameter.
    'reload-agent': { advice: [{ timeoutSeconds: 30 }], handler: action('start', decideStart) },
    'validate-all': {
      advice: [{ timeoutSeconds: 20 }],
      handler: validate,
    },
  },
});
