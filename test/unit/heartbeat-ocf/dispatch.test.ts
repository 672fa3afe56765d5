import t from 'tap';
import { prepare } from '../../../heartbeat-ocf/dispatch.ts';
import {
  type ActionContext,
  defineAgent,
  defineParameters,
  OcfExit,
  type ParameterValues,
} from '../../../heartbeat-ocf/index.ts';

const parameters = defineParameters({
  ip: { type: 'host', required: true, shortdesc: 's', longdesc: 'l' },
  port: { type: 'port', default: 1, shortdesc: 's', longdesc: 'l' },
});
type Context = ActionContext<ParameterValues<typeof parameters>>;

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const agentThatSees = (seen: Context[]) => {
  const handler = async (context: Context) => {
    seen.push(context);
    return { code: OcfExit.SUCCESS };
  };
  const advice = [{ timeoutSeconds: 20 }] as const;
  return defineAgent({
    name: 'demo',
    version: '1',
    shortdesc: 's',
    longdesc: 'l',
    parameters,
    check: ({ port }) =>
      port === 13 ? [{ parameter: 'port', code: OcfExit.ARGS, sentence: 'port is 13' }] : [],
    notices: ({ port }) => (port === 7 ? ['seven'] : []),
    actions: {
      start: { advice, handler },
      stop: { advice, handler, toleratesBadParameters: true },
      monitor: { advice, handler, toleratesBadParameters: 'probe' },
    },
  });
};
const call = async (
  action: 'start' | 'stop' | 'monitor' | 'validate-all',
  env: Record<string, string>,
  isRoot = true,
) => {
  const seen: Context[] = [];
  const prepared = prepare(agentThatSees(seen), action, { OCF_RESOURCE_INSTANCE: 'x:1', ...env }, isRoot);
  if (prepared.kind === 'ready') await prepared.perform(quiet, () => {});
  return { prepared, context: seen[0] };
};
const ok = { OCF_RESKEY_ip: '::1' };

t.test('a good call gets to its handler with all that it needs', async (t) => {
  const { prepared, context } = await call('start', { ...ok, OCF_RESKEY_CRM_meta_timeout: '60000' });
  t.equal(prepared.kind, 'ready');
  t.match(context, {
    action: 'start',
    resource: 'x',
    instance: 'x:1',
    params: { ip: '::1', port: 1 },
    isProbe: false,
  });
  t.ok(
    context !== undefined &&
      context.deadline.remainingMs() > 50_000 &&
      context.deadline.remainingMs() <= 57_000,
  );
  t.notOk(context?.deadline.expired());
});

t.test('bad parameters end a call before its handler', async (t) => {
  const { prepared, context } = await call('start', { OCF_RESKEY_port: 'x' });
  t.match(prepared, {
    kind: 'refused',
    result: { code: OcfExit.CONFIGURED, exitReason: /^ip is missing; set it \(and 1 more\)$/ },
    details: [/^port is "x"/],
  });
  t.equal(context, undefined);
  t.match((await call('start', { ...ok, OCF_RESKEY_port: '13' })).prepared, {
    result: { code: OcfExit.ARGS, exitReason: 'port is 13' },
  });
  t.match((await call('validate-all', { OCF_RESKEY_port: 'x' })).prepared, { kind: 'refused' });
});

t.test('stop and probes may tolerate them', async (t) => {
  t.match((await call('stop', { OCF_RESKEY_port: 'x' })).context, {
    problems: [{ parameter: 'ip' }, { parameter: 'port' }],
  });
  t.match((await call('monitor', { OCF_RESKEY_port: 'x' })).context, {
    isProbe: true,
    problems: [{}, {}],
    params: { port: 1 },
  });
  t.match((await call('monitor', { OCF_RESKEY_CRM_meta_interval: '4000' })).prepared, { kind: 'refused' });
});

t.test('a recurring monitor is no probe', async (t) => {
  t.match((await call('monitor', { ...ok, OCF_RESKEY_CRM_meta_interval: '4000' })).context, {
    isProbe: false,
    intervalMs: 4000,
  });
});

t.test('only root may act; anybody may validate', async (t) => {
  t.match((await call('start', ok, false)).prepared, { result: { code: OcfExit.PERM } });
  t.match((await call('validate-all', ok, false)).prepared, { kind: 'ready' });
});

t.test('a call that names no resource', async (t) => {
  t.match((await call('start', { ...ok, OCF_RESOURCE_INSTANCE: "x'y" })).prepared, {
    result: { code: OcfExit.ARGS },
  });
});

t.test('notices are for start and validate-all', async (t) => {
  const env = { ...ok, OCF_RESKEY_port: '7' };
  t.match((await call('start', env)).prepared, { notices: ['seven'] });
  t.match((await call('validate-all', env)).prepared, { notices: ['seven'] });
  t.match((await call('monitor', env)).prepared, { notices: [] });
});
