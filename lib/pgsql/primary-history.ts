import type { ServerAddress } from '../postgres/client.ts';
import { parseConninfo } from '../postgres/conninfo.ts';
import { identifyWithHistory } from '../postgres/replication.ts';
import { tlsSettingsOf } from '../postgres/tls.ts';
import { type Deadline, within } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import type { PgsqlConfig } from './config.ts';
import type { Installation } from './installation.ts';
import type { PrimaryHistory } from './snapshot.ts';

const ASK_MS = 2_000;

/** Asks the primary, as its standby would: with the replication user's name and password, over the write VIP. */
export const askPrimary = async (
  installation: Installation,
  config: PgsqlConfig,
  deadline: Deadline,
): Promise<Fact<PrimaryHistory>> => {
  const limit = within(deadline, ASK_MS);
  const address = primaryAddress(installation, config);
  const answer = await identifyWithHistory(address, limit);
  if (!answer.ok)
    return unknown(`${config.primaryHost} does not tell its history: ${answer.failure.message}`);
  const { inRecovery, ...history } = answer.value;
  return inRecovery ? unknown(`${config.primaryHost} is in recovery, and no primary now`) : known(history);
};

const primaryAddress = (installation: Installation, config: PgsqlConfig): ServerAddress => {
  const parsed = parseConninfo(config.primaryConninfoOptions);
  const options: ReadonlyMap<string, string> = parsed.ok ? parsed.value : new Map();
  const password = options.get('password');
  const passfile = options.get('passfile');
  return {
    host: config.primaryHost,
    port: config.port,
    database: 'replication',
    user: config.replicationUser,
    replication: 'true',
    osUser: installation.owner,
    ...(passfile === undefined ? {} : { passfile }),
    applicationName: 'pha-join-check',
    tls: tlsSettingsOf(options),
    ...(password === undefined ? {} : { password }),
  };
};
