import { OcfExit, type ParameterProblem } from '../../../heartbeat-ocf/index.ts';
import { canonicalAddress, ipVersion } from '../../system/ip-address.ts';
import { familyOf } from './from-parameters.ts';
import type { LvsdrParameters } from './params.ts';
import { parseServerList } from './server-list.ts';
import { parseServiceOptions } from './service-options.ts';

type Rule = (values: LvsdrParameters) => readonly ParameterProblem[];

const problem = (parameter: string, sentence: string): readonly ParameterProblem[] => [
  { parameter, code: OcfExit.CONFIGURED, sentence },
];

const family: Rule = (values) => {
  const version = familyOf(values);
  const wanted = values.protocol_family;
  return wanted === 'auto' || wanted === `IPv${version}`
    ? []
    : problem('protocol_family', `protocol_family is ${wanted}, and vip ${values.vip} is of IPv${version}`);
};

const options: Rule = (values) => {
  const parsed = parseServiceOptions(values.virtual_service_options, familyOf(values));
  return parsed.ok
    ? []
    : problem(
        'virtual_service_options',
        `virtual_service_options is "${values.virtual_service_options}": it ${parsed.why}`,
      );
};

const addressesOfFamily: Rule = (values) => {
  const version = familyOf(values);
  const hosts = [
    ...parseServerList(values.weight_of_realservers).map(({ host }) => host),
    values.sorry_server,
  ];
  const other = hosts.find((host) => (ipVersion(host) ?? version) !== version);
  return other === undefined
    ? []
    : problem(
        values.sorry_server === other ? 'sorry_server' : 'weight_of_realservers',
        `${other} is not of IPv${version} as vip ${values.vip} is; a server needs an address of the same family`,
      );
};

/** The director would send itself what it is to send on. */
const vipAsServer: Rule = (values) => {
  const isVip = (host: string): boolean => canonicalAddress(host) === canonicalAddress(values.vip);
  const listed = parseServerList(values.weight_of_realservers).some(({ host }) => isVip(host));
  return (['weight_of_realservers', 'sorry_server'] as const)
    .filter((name) => (name === 'sorry_server' ? isVip(values.sorry_server) : listed))
    .flatMap((name) =>
      problem(
        name,
        `${name} is "${values[name]}": ${values.vip} is vip itself, and no server; name each server by its own address`,
      ),
    );
};

const RULES: readonly Rule[] = [family, options, addressesOfFamily, vipAsServer];

/** What is wrong with parameters that are each well-formed. Pure. */
export const checkLvsdrParameters: Rule = (values) => RULES.flatMap((rule) => rule(values));

/** Schedulers for which all weights but 0 are the same. */
const WITHOUT_WEIGHTS = new Set(['rr', 'lc', 'lblc', 'lblcr', 'dh', 'sh']);

/** What works and yet deserves a word to the administrator. Pure. */
export const lvsdrNotices = (values: LvsdrParameters): readonly string[] => {
  const notices: string[] = [];
  const parsed = parseServiceOptions(values.virtual_service_options, familyOf(values));
  const scheduler = parsed.ok ? parsed.scheduling.scheduler : '';
  const list = parseServerList(values.weight_of_realservers);
  const weights = list.map(({ weight }) => weight ?? values.default_weight);
  if (values.slow_start_seconds > 0 && Math.max(values.default_weight, ...weights) < 2)
    notices.push('slow_start_seconds has no effect on weights of 1; set default_weight=10, for example');
  if (values.slow_start_seconds > 0 && WITHOUT_WEIGHTS.has(scheduler))
    notices.push(
      `slow_start_seconds has no effect with the scheduler ${scheduler}; wrr and wlc heed weights`,
    );
  if (new Set(weights.filter((weight) => weight > 0)).size > 1 && WITHOUT_WEIGHTS.has(scheduler))
    notices.push(`the scheduler ${scheduler} takes all weights but 0 for the same; wrr and wlc heed them`);
  if (values.default_weight === 0 && weights.every((weight) => weight === 0))
    notices.push(
      'all weights are 0: no server gets connections; set default_weight or weight_of_realservers',
    );
  if (values.min_real_servers > 1 && values.sorry_server === '')
    notices.push('min_real_servers has no effect without sorry_server');
  return notices;
};
