import type { Environment } from './parse.ts';

/** What Pacemaker says about the call, apart from the resource's own parameters. */
export interface CallEnvironment {
  /** OCF_RESOURCE_INSTANCE with the number of a clone instance, such as `pgsql:0` */
  readonly instance: string;
  /** the same without the number: what node attributes are named after */
  readonly resource: string;
  /** the operation's timeout as configured in the cluster; undefined when not called by the cluster */
  readonly timeoutMs: number | undefined;
  /** 0 for a probe and for everything that is not recurring */
  readonly intervalMs: number;
  /**
   * what the cluster does when this operation fails; undefined where nothing is configured for it. Of a recurring one, as it was when
   * that was begun: Pacemaker 2.1.5 goes on with it when nothing but its on-fail is changed (seen in the lab).
   */
  readonly onFail: string | undefined;
  /** OCF_CHECK_LEVEL, 0 when not given */
  readonly checkLevel: number;
  /** whether the resource is a promotable clone; undefined when the call does not come from the cluster */
  readonly promotable: boolean | undefined;
  /** whether the clone sends notifications; undefined when the call does not come from the cluster */
  readonly notify: boolean | undefined;
  /** this node's name as the cluster spells it; undefined when the call does not come from the cluster */
  readonly node: string | undefined;
}

export type EnvironmentResult =
  | { readonly ok: true; readonly value: CallEnvironment }
  | { readonly ok: false; readonly sentence: string };

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;

/** As crm_is_true() of Pacemaker reads it. */
const isTrue = (text: string | undefined): boolean =>
  text !== undefined && ['true', 'on', 'yes', 'y', '1'].includes(text.toLowerCase());

const promotableOf = (env: Environment): boolean | undefined => {
  if (env.OCF_RESKEY_CRM_meta_promotable !== undefined) return isTrue(env.OCF_RESKEY_CRM_meta_promotable);
  const most = wholeNumber(env.OCF_RESKEY_CRM_meta_promoted_max ?? env.OCF_RESKEY_CRM_meta_master_max);
  if (most !== undefined) return most > 0;
  // The controller adds on_node to every operation; tools such as crm_resource --force-start do not.
  return env.OCF_RESKEY_CRM_meta_on_node === undefined ? undefined : false;
};

/**
 * Pure. Fails only when the call says that it follows OCF (OCF_RA_VERSION_MAJOR) and names no resource, or when
 * the name could not be an id in Pacemaker's CIB; called by hand, the resource is `default`, as in
 * ocf-shellfuncs of resource-agents.
 */
export const readCallEnvironment = (env: Environment): EnvironmentResult => {
  const instance = env.OCF_RESOURCE_INSTANCE || (env.OCF_RA_VERSION_MAJOR ? undefined : 'default');
  if (instance === undefined) {
    return { ok: false, sentence: 'OCF_RESOURCE_INSTANCE is missing; name the resource' };
  }
  if (!/^[A-Za-z_][A-Za-z0-9._-]*(:[0-9]+)?$/.test(instance)) {
    return {
      ok: false,
      sentence: `OCF_RESOURCE_INSTANCE is ${JSON.stringify(instance)}, which is no resource name`,
    };
  }
  const timeoutMs = wholeNumber(env.OCF_RESKEY_CRM_meta_timeout);
  return {
    ok: true,
    value: {
      instance,
      resource: instance.replace(/:[0-9]+$/, ''),
      timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
      intervalMs: wholeNumber(env.OCF_RESKEY_CRM_meta_interval) ?? 0,
      onFail: env.OCF_RESKEY_CRM_meta_on_fail?.toLowerCase() || undefined,
      checkLevel: wholeNumber(env.OCF_RESKEY_OCF_CHECK_LEVEL ?? env.OCF_CHECK_LEVEL) ?? 0,
      promotable: promotableOf(env),
      notify: env.OCF_RESKEY_CRM_meta_on_node ? isTrue(env.OCF_RESKEY_CRM_meta_notify) : undefined,
      node: env.OCF_RESKEY_CRM_meta_on_node || undefined,
    },
  };
};
