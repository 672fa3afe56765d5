import { type ParameterValues, parseParameters } from '../../../heartbeat-ocf/index.ts';
import type { Operation } from '../../pacemaker/definition.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import { pgsqlParameters } from '../../pgsql/params.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';

/** A database that the cluster runs. */
export interface PgsqlResource {
  /** Name of the primitive, such as `pgsql`. */
  readonly id: string;
  /** What operators act on: the clone, such as `msPostgresql`, or the primitive where there is none. */
  readonly name: string;
  readonly provider: string;
  readonly promotable: boolean;
  readonly meta: ReadonlyMap<string, string>;
  readonly operations: readonly Operation[];
  readonly parameters: ParameterValues<typeof pgsqlParameters>;
  /** Parameters whose value cannot be used; they count as not given. */
  readonly objections: readonly string[];
}

export type ResourceChoice =
  | { readonly ok: true; readonly resource: PgsqlResource }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

/**
 * The resource that a command is about: the one named (by the primitive or its clone), else the only one. ocf:pha:pgsql
 * comes before ocf:heartbeat:pgsql, whose clusters read the same, and a promotable one before others.
 */
export function choosePgsqlResource(primitives: readonly PrimitiveConfig[], wanted?: string): ResourceChoice {
  const candidates = primitives.filter(isPgsql);
  const known = candidates.length === 0 ? 'has none' : `has ${enumerate(candidates.map(({ id }) => id))}`;
  if (wanted !== undefined) {
    const named = candidates.find(({ id, clone }) => id === wanted || clone?.id === wanted);
    return named === undefined
      ? refusal(CommandExit.ARGUMENTS, `there is no pgsql resource ${wanted}; the cluster ${known}`)
      : { ok: true, resource: readResource(named) };
  }
  const best = Math.max(...candidates.map(preference));
  const [first, second] = candidates.filter((candidate) => preference(candidate) === best);
  if (first === undefined) return refusal(CommandExit.NOT_IN_STATE, 'the cluster has no pgsql resource');
  return second === undefined
    ? { ok: true, resource: readResource(first) }
    : refusal(
        CommandExit.ARGUMENTS,
        `there are several pgsql resources: name one with --resource; the cluster ${known}`,
      );
}

const refusal = (code: CommandExitCode, sentence: string): ResourceChoice => ({ ok: false, code, sentence });

const isPgsql = ({ standard, provider, type }: PrimitiveConfig): boolean =>
  standard === 'ocf' && type === 'pgsql' && (provider === 'pha' || provider === 'heartbeat');

const preference = ({ provider, clone }: PrimitiveConfig): number =>
  (provider === 'pha' ? 2 : 0) + (clone?.promotable === true ? 1 : 0);

function readResource(primitive: PrimitiveConfig): PgsqlResource {
  const { values, problems } = parseParameters(
    pgsqlParameters,
    Object.fromEntries([...primitive.parameters].map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
  );
  return {
    id: primitive.id,
    name: primitive.clone?.id ?? primitive.id,
    provider: primitive.provider,
    promotable: primitive.clone?.promotable === true,
    meta: primitive.meta,
    operations: primitive.operations,
    parameters: values,
    objections: problems.map(({ sentence }) => sentence),
  };
}
