import { readCallEnvironment } from '../../../heartbeat-ocf/environment.ts';
import { OcfExit, parseParameters } from '../../../heartbeat-ocf/index.ts';
import { logTag } from '../../../heartbeat-ocf/log-lines.ts';
import { openLog } from '../../../heartbeat-ocf/logging.ts';
import { deadlineIn, sleep } from '../../system/clock.ts';
import { hostName } from '../../system/host.ts';
import { run } from '../../system/process.ts';
import { decideMonitor } from './decide/monitor.ts';
import { directorConfig } from './from-parameters.ts';
import { lvsdrParameters } from './params.ts';
import { settle } from './settle.ts';

/** Events come in swarms: the first one is acted on after this time, together with those that have come by then. */
const GATHER_MS = 100;
/** At most one update in this time. */
const PAUSE_MS = 300;
const UPDATE_MS = 20_000;
/** What is printed meanwhile is kept in memory: the bell is hung up anew from time to time. */
const LISTEN_MS = 600_000;
/** A cluster that is being stopped ends crm_mon. */
const AGAIN_AFTER_MS = 3_000;

/**
 * Watches the cluster and brings the servers up to date when something changes. crm_mon serves as the bell only: it
 * prints whenever the cluster's state changes, and what it prints is not read.
 */
export const followEvents = async (): Promise<never> => {
  const call = readCallEnvironment(process.env);
  if (!call.ok) return process.exit(OcfExit.ARGS);
  const { resource, node } = call.value;
  const config = directorConfig(parseParameters(lvsdrParameters, process.env).values);
  const ended = new AbortController();
  process.on('SIGTERM', () => ended.abort());

  let isDirty = false;
  void listen(() => {
    isDirty = true;
  }, ended.signal);
  while (!ended.signal.aborted) {
    await sleep(GATHER_MS);
    if (!isDirty) continue;
    isDirty = false;
    const log = openLog({ env: process.env, tag: logTag('lvsdr', resource, process.pid) });
    const deadline = deadlineIn(UPDATE_MS);
    const about = { kind: 'update', self: node ?? hostName(), resource, isProbe: false, deadline } as const;
    const result = await settle(decideMonitor, about, config, log, () => {}).catch((error: unknown) => {
      log.warn(`update: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    await log.flush();
    // Somebody has taken the service away, and it is not for us to make it again; or another follower is in our place.
    if (result?.code === OcfExit.NOT_RUNNING) ended.abort();
    await sleep(PAUSE_MS);
  }
  return process.exit(OcfExit.SUCCESS);
};

const listen = async (ring: () => void, ended: AbortSignal): Promise<void> => {
  while (!ended.aborted) {
    await run('crm_mon', ['--output-as=text', '--interval=1'], {
      deadline: deadlineIn(LISTEN_MS),
      onLine: ring,
      interrupted: ended,
    });
    ring();
    if (!ended.aborted) await sleep(AGAIN_AFTER_MS);
  }
};
