import { parseParameters } from '../../../heartbeat-ocf/index.ts';
import type { DirectorConfig } from '../../lvs/director/config.ts';
import { directorConfig } from '../../lvs/director/from-parameters.ts';
import { checkLvsdrParameters, lvsdrNotices } from '../../lvs/director/param-rules.ts';
import { lvsdrParameters } from '../../lvs/director/params.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import { canonicalAddress } from '../../system/ip-address.ts';

/** A balancer of reads that the cluster runs (ocf:pha:lvsdr). */
export interface DirectorResource {
  readonly id: string;
  /** As its director reads them; undefined when they cannot be used. */
  readonly config: DirectorConfig | undefined;
  readonly objections: readonly string[];
  /** What works, and is hardly meant. */
  readonly notices: readonly string[];
  /** The commands as they are written, for operators to try. */
  readonly getScript: string;
  readonly checkScript: string;
  /** Switched off (target-role). */
  readonly isDisabled: boolean;
  /** The resource that brings the address that clients read from; undefined when the cluster has none. */
  readonly addressResource: string | undefined;
  /** The primitive that makes a node a real server, also where its clone is named; undefined for a group or none. */
  readonly realServer: string | undefined;
}

export const directorResources = (primitives: readonly PrimitiveConfig[]): readonly DirectorResource[] =>
  primitives.filter(isDirector).map((primitive) => readDirector(primitive, primitives));

const isDirector = ({ standard, provider, type }: PrimitiveConfig): boolean =>
  standard === 'ocf' && provider === 'pha' && type === 'lvsdr';

function readDirector(
  { id, parameters, meta }: PrimitiveConfig,
  primitives: readonly PrimitiveConfig[],
): DirectorResource {
  const { values, problems } = parseParameters(
    lvsdrParameters,
    Object.fromEntries([...parameters].map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
  );
  const objections = problems.length > 0 ? problems : checkLvsdrParameters(values);
  const config = objections.length > 0 ? undefined : directorConfig(values);
  return {
    id,
    config,
    objections: objections.map(({ sentence }) => sentence),
    notices: config === undefined ? [] : lvsdrNotices(values),
    getScript: values.realserver_get_real_servers_script,
    checkScript: values.realserver_check_active_real_server_script,
    isDisabled: /^stopped$/i.test(meta.get('target-role') ?? ''),
    addressResource: primitives.find((each) => bringsAddress(each, config?.vip))?.id,
    realServer:
      config === undefined || config.dependentResource === ''
        ? undefined
        : primitives.find((each) => [each.id, each.clone?.id].includes(config.dependentResource))?.id,
  };
}

const bringsAddress = ({ type, parameters }: PrimitiveConfig, vip: string | undefined): boolean =>
  /^IP(v6)?addr2?$/i.test(type) &&
  vip !== undefined &&
  [parameters.get('ip'), parameters.get('ipv6addr')].some(
    (address) => address !== undefined && canonicalAddress(address.replace(/\/\d+$/, '')) === vip,
  );
