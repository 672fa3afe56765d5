import { type ActionContext, type ActionResult, defineAgent, OcfExit } from '../../heartbeat-ocf/index.ts';
import { endGuard, ordersOf } from '../distlock/guard/guard.ts';
import { parseNotify, parseNotifyLists } from '../pacemaker/notify.ts';
import { findPostmaster, serverProcesses } from '../postgres/process.ts';
import { logEnds } from '../postgres/startup-log.ts';
import { hostName } from '../system/host.ts';
import { PHA_VERSION } from '../system/version.ts';
import type { PgsqlConfig } from './config.ts';
import { afterPromotion, decideMonitor } from './decide/monitor.ts';
import { concerns, decideNotify } from './decide/notify.ts';
import { decidePromote } from './decide/promote.ts';
import { decideStart } from './decide/start.ts';
import { decideDemote, decideStop } from './decide/stop.ts';
import { configOf, guardPlaceOf, installationOf, memoryFileOf, watcherFileOf } from './from-parameters.ts';
import { type Installation, logPlaceOf } from './installation.ts';
import { loadMemory, saveMemory } from './memory-file.ts';
import type { Call } from './observe.ts';
import { checkParameters, parameterNotices } from './param-rules.ts';
import { type PgsqlParameters, pgsqlParameters } from './params.ts';
import { checkConfigFile, checkInstallation } from './preconditions.ts';
import { type Decide, settle } from './settle.ts';
import type { WatcherState } from './snapshot.ts';
import { endWatch, watcherState } from './watcher.ts';

type Context = ActionContext<PgsqlParameters>;

const action =
  (kind: Call['kind'], decide: Decide) =>
  async (context: Context): Promise<ActionResult> => {
    const { params, resource, deadline, env } = context;
    const watcher = kind === 'monitor' || kind === 'notify' ? undefined : endOfWatch(params, resource);
    const installation = installationOf(params, resource);
    const missing = checkInstallation(params, installation);
    if (installation === undefined || (missing !== undefined && !isServedWithout(kind, installation)))
      return withoutInstallation(kind, context, missing);
    const misled = kind === 'start' ? checkConfigFile(installation) : undefined;
    if (misled !== undefined) return { code: OcfExit.INSTALLED, exitReason: misled };
    const call: Call = {
      kind,
      self: context.node ?? hostName(),
      resource,
      isProbe: context.isProbe,
      notify: parseNotify(env),
      announced: parseNotifyLists(env),
      deadline,
      logEnds: logEnds(logPlaceOf(installation)),
      ...(watcher === undefined ? {} : { watcher }),
    };
    if (kind === 'notify' && !concerns(call.notify, call.self)) return { code: OcfExit.SUCCESS };
    const config = configOf(params, deadline.remainingMs(), context.onFail);
    const { log, step } = context;
    const result = await settle(decide, call, installation, config, log, step);
    // Nowhere else do commits wait for what a promotion leaves (namesAtPromotion).
    const leavesMore = kind === 'promote' && config.repMode === 'sync' && config.lock === undefined;
    return leavesMore && result.code === OcfExit.SUCCESS
      ? {
          ...result,
          afterwards: (until) => goOnAsPrimary({ ...call, deadline: until }, installation, config, context),
        }
      : result;
  };

const goOnAsPrimary = async (
  { watcher: _, ...call }: Call,
  installation: Installation,
  config: PgsqlConfig,
  { log, step }: Context,
): Promise<void> => {
  const monitor: Call = {
    ...call,
    kind: 'monitor',
    notify: parseNotify({}),
    announced: parseNotifyLists({}),
  };
  await settle(afterPromotion(decideMonitor), monitor, installation, config, log, step);
};

/** From here on the end of PostgreSQL is an operation's own doing, or its own finding; what the watcher has seen comes before. */
const endOfWatch = ({ pgdata }: PgsqlParameters, resource: string): WatcherState => {
  const file = watcherFileOf(resource);
  const seen = watcherState(file, findPostmaster(pgdata));
  endWatch(file);
  return seen;
};

/**
 * A server outlives its programs, as in the middle of an upgrade or after one of pgctl's path. To ask it and to stop it
 * takes none of them, and a stop that leaves it running would have two primaries (invariant 6).
 */
const isServedWithout = (kind: Call['kind'], { pgdata }: Installation): boolean =>
  (kind === 'stop' || kind === 'monitor') && serverProcesses(pgdata).length > 0;

/** Where PostgreSQL is not installed, it does not run: a probe and a stop say so, everything else cannot be done. */
const withoutInstallation = (
  kind: Call['kind'],
  context: Context,
  missing: string | undefined,
): ActionResult => {
  const exitReason = missing ?? 'PostgreSQL is not installed here';
  if (kind === 'stop') return { code: OcfExit.SUCCESS };
  if (kind === 'monitor' && context.isProbe) return { code: OcfExit.NOT_RUNNING };
  if (kind === 'notify') return { code: OcfExit.SUCCESS };
  return { code: OcfExit.INSTALLED, exitReason };
};

const monitor = action('monitor', decideMonitor);

export const pgsqlAgent = defineAgent({
  name: 'pgsql',
  version: PHA_VERSION,
  shortdesc: 'PostgreSQL with streaming replication: one primary, many standbys',
  longdesc: `Manages PostgreSQL as a promotable clone: one primary and any number of standbys. When the primary is lost, a standby that holds every acknowledged write (rep_mode sync) or the newest data (async) takes over within seconds.

What it knows of the nodes it keeps in node attributes (crm_mon -A) and in the cluster property <resource>_REPL_INFO; a node joins only if its history fits. With rep_mode none it starts and stops a single server.`,
  parameters: pgsqlParameters,
  check: checkParameters,
  notices: parameterNotices,
  actions: {
    start: { advice: [{ timeoutSeconds: 120 }], handler: action('start', decideStart) },
    stop: {
      advice: [{ timeoutSeconds: 120 }],
      toleratesBadParameters: true,
      handler: action('stop', decideStop),
    },
    status: { advice: [{ timeoutSeconds: 60 }], handler: monitor },
    monitor: {
      advice: [
        { timeoutSeconds: 60, intervalSeconds: 4, role: 'unpromoted' },
        { timeoutSeconds: 60, intervalSeconds: 3, role: 'promoted' },
        { timeoutSeconds: 60, intervalSeconds: 30 },
      ],
      toleratesBadParameters: 'probe',
      handler: monitor,
    },
    promote: { advice: [{ timeoutSeconds: 120 }], handler: action('promote', decidePromote) },
    demote: { advice: [{ timeoutSeconds: 120 }], handler: action('demote', decideDemote) },
    notify: { advice: [{ timeoutSeconds: 60 }], handler: action('notify', decideNotify) },
    // Reloadable parameters are read by each action; Pacemaker goes on with a monitor, which acts by the new ones at once.
    'reload-agent': {
      advice: [{ timeoutSeconds: 20 }],
      handler: async ({ params, resource }) => {
        // No monitor moves its deadline any more.
        const place = guardPlaceOf(resource);
        if (!params.enable_distlock && ordersOf(place)?.kind === 'watch') endGuard(place);
        const path = memoryFileOf(resource);
        const memory = loadMemory(path);
        saveMemory(path, memory, { ...memory, monitorsSinceReload: 0 });
        return { code: OcfExit.SUCCESS };
      },
    },
    'validate-all': {
      advice: [{ timeoutSeconds: 20 }],
      handler: async ({ params, resource }) => {
        const installation = installationOf(params, resource);
        const missing =
          checkInstallation(params, installation) ?? (installation && checkConfigFile(installation));
        return missing === undefined
          ? { code: OcfExit.SUCCESS }
          : { code: OcfExit.INSTALLED, exitReason: missing };
      },
    },
  },
});
