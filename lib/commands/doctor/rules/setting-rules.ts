import { inUnit } from '../../../postgres/units.ts';
import { formatSeconds } from '../../cli/text.ts';
import { byValue, type Finding, finding, on, type Rule, type Severity } from '../rule.ts';
import { settingOf } from '../settings.ts';
import { databases, isSync, type Situation } from '../situation.ts';
import { primaryMonitorMs } from './intervals.ts';

/** A setting that one node can have right or wrong by itself. */
interface SettingRule {
  readonly name: string;
  readonly checks: string;
  readonly judge: (value: string, situation: Situation) => Judgement | undefined;
  /** `reload` takes effect without a restart. */
  readonly takes: 'reload' | 'restart';
}

interface Judgement {
  readonly severity: Severity;
  /** Why that is wrong, after a colon. */
  readonly why: string;
  /** What to write in its place. */
  readonly instead: string;
}

const wrongUnless = (
  good: readonly string[],
  judgement: Judgement,
): ((value: string) => Judgement | undefined) => {
  return (value) => (good.includes(value) ? undefined : judgement);
};

/** Senders beside those of standbys: a base backup takes two. */
const SPARE_SENDERS = 2;

/** A standby that was lost is noticed in so much time at the latest, unless monitors are rarer. */
const LONGEST_SENDER_TIMEOUT_MS = 10_000;
const SHORTEST_SENDER_TIMEOUT_MS = 1_000;

export const SETTING_RULES: readonly SettingRule[] = [
  {
    name: 'wal_level',
    checks: 'wal_level is replica or logical',
    judge: wrongUnless(['replica', 'logical', 'hot_standby', 'archive'], {
      severity: 'error',
      why: 'no standby can stream from it',
      instead: 'replica',
    }),
    takes: 'restart',
  },
  {
    name: 'hot_standby',
    checks: 'hot_standby is on',
    judge: wrongUnless(['on'], {
      severity: 'error',
      why: 'a standby answers nobody, and its monitor sees nothing of it',
      instead: 'on',
    }),
    takes: 'restart',
  },
  {
    name: 'max_wal_senders',
    checks: 'max_wal_senders is enough for all standbys and a base backup',
    judge: (value, { nodes }) => {
      const [needed, wanted] = [nodes.length - 1, nodes.length - 1 + SPARE_SENDERS];
      if (Number(value) >= wanted) return undefined;
      return {
        severity: Number(value) < needed ? 'error' : 'warning',
        why: `${needed} standbys need one each, and a base backup two more`,
        instead: String(Math.max(10, wanted)),
      };
    },
    takes: 'restart',
  },
  {
    name: 'max_replication_slots',
    checks: 'max_replication_slots is enough for all standbys',
    judge: (value, { nodes, resource }) =>
      Number(value) >= nodes.length - 1 || resource?.parameters.replication_slot_name === ''
        ? undefined
        : {
            severity: 'error',
            why: `replication_slot_name is set, and ${nodes.length - 1} standbys need a slot each`,
            instead: String(Math.max(10, nodes.length)),
          },
    takes: 'restart',
  },
  {
    name: 'restart_after_crash',
    checks: 'restart_after_crash is off',
    judge: wrongUnless(['off'], {
      severity: 'warning',
      why: 'PostgreSQL restarts itself behind the back of Pacemaker, which decides what happens after a crash',
      instead: 'off',
    }),
    takes: 'reload',
  },
  {
    name: 'fsync',
    checks: 'fsync is on',
    judge: wrongUnless(['on'], {
      severity: 'error',
      why: 'what was committed is lost in a power failure, also on a synchronous standby',
      instead: 'on',
    }),
    takes: 'reload',
  },
  {
    name: 'full_page_writes',
    checks: 'full_page_writes is on',
    judge: wrongUnless(['on'], {
      severity: 'error',
      why: 'a power failure leaves torn pages behind, and pg_rewind refuses to work',
      instead: 'on',
    }),
    takes: 'reload',
  },
  {
    name: 'synchronous_commit',
    checks: 'synchronous_commit is on or remote_apply',
    judge: (value, situation) =>
      !isSync(situation) || value === 'on' || value === 'remote_apply'
        ? undefined
        : {
            severity: 'error',
            why: 'a commit is acknowledged before the synchronous standby has it on disk, and is lost in a failover',
            instead: 'on',
          },
    takes: 'reload',
  },
  {
    name: 'hot_standby_feedback',
    checks: 'hot_standby_feedback is on',
    judge: wrongUnless(['on'], {
      severity: 'notice',
      why: "long queries on a standby are cancelled when the primary's vacuum removes rows that they need",
      instead: 'on',
    }),
    takes: 'reload',
  },
  {
    name: 'wal_sender_timeout',
    checks: 'wal_sender_timeout fits the monitor interval',
    judge: judgeSenderTimeout,
    takes: 'reload',
  },
  {
    name: 'wal_receiver_timeout',
    checks: 'wal_receiver_timeout is short',
    judge: (value) => {
      const ms = inUnit(value, 'ms');
      if (ms === undefined || (ms > 0 && ms < 60_000)) return undefined;
      return {
        severity: 'notice',
        why: `a standby notices ${ms === 0 ? 'never' : `only after ${formatSeconds(ms / 1000)}`} that its primary is gone without a word`,
        instead: '5s',
      };
    },
    takes: 'reload',
  },
  {
    name: 'wal_retrieve_retry_interval',
    checks: 'wal_retrieve_retry_interval is short',
    judge: (value) => {
      const ms = inUnit(value, 'ms');
      if (ms === undefined || ms <= 1000) return undefined;
      const why = `after a failover a standby tries to reach the new primary only every ${formatSeconds(ms / 1000)}`;
      return { severity: 'notice', why, instead: '500ms' };
    },
    takes: 'reload',
  },
];

/** With sync, commits hang from the loss of the standby until this time is over and the next monitor has looked. */
function judgeSenderTimeout(value: string, situation: Situation): Judgement | undefined {
  const ms = inUnit(value, 'ms');
  const interval = primaryMonitorMs(situation);
  if (ms === undefined) return undefined;
  const hang = isSync(situation)
    ? 'commits hang for as long when the synchronous standby is gone without a word'
    : 'a standby that is gone without a word counts as connected for as long';
  if (ms === 0) {
    const why = `${hang}, here: until the operating system gives the connection up`;
    return { severity: isSync(situation) ? 'error' : 'warning', why, instead: '5s' };
  }
  if (ms > Math.max(LONGEST_SENDER_TIMEOUT_MS, 2 * interval)) {
    const monitor = `the primary's monitor runs every ${formatSeconds(interval / 1000)}`;
    return { severity: 'warning', why: `${hang}, though ${monitor}`, instead: '5s' };
  }
  return ms >= SHORTEST_SENDER_TIMEOUT_MS
    ? undefined
    : { severity: 'warning', why: 'a short pause of a standby cuts its connection', instead: '5s' };
}

const idOf = (name: string): string => name.replaceAll('_', '-');

/** One rule for each; nodes with the same value share one finding. */
export const settingRules: readonly Rule[] = SETTING_RULES.map(({ name, checks, judge, takes }) => ({
  id: idOf(name),
  group: 'PostgreSQL settings',
  checks,
  find: (situation): readonly Finding[] | undefined => {
    const values = databases(situation).flatMap(({ node, facts, database }) => {
      const value = settingOf(facts, database, name);
      return value === undefined ? [] : [{ node, value }];
    });
    if (values.length === 0 || situation.resource?.parameters.rep_mode === 'none') return undefined;
    return byValue(values).flatMap(({ value, nodes }) => {
      const judgement = judge(value, situation);
      if (judgement === undefined) return [];
      const { severity, why, instead } = judgement;
      return [
        finding(
          severity,
          nodes,
          `${name} = ${value} ${on(nodes)}: ${why}`,
          `postgresql.conf ${on(nodes)}: ${name} = ${instead}   (takes a ${takes})`,
        ),
      ];
    });
  },
}));
