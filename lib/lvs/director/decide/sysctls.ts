import type { Sysctls } from '../../sysctl-record.ts';
import type { DirectorConfig } from '../config.ts';

/** Kernel settings of a director, by their path below /proc/sys. */
export const directorSysctls = ({ family, forward, scheduling, sync }: DirectorConfig): Sysctls => ({
  // With IPv6, forwarding stops the machine from taking addresses from router advertisements: only where it must be.
  ...(family === 4 ? { 'net/ipv4/ip_forward': '1' } : {}),
  ...(family === 6 && forward === 'masq' ? { 'net/ipv6/conf/all/forwarding': '1' } : {}),
  // Connections to a server that has been removed end at once, instead of hanging.
  'net/ipv4/vs/expire_nodest_conn': '1',
  // A client that is bound to a server that gets no new connections goes to another one.
  ...(scheduling.persistence === undefined ? {} : { 'net/ipv4/vs/expire_quiescent_template': '1' }),
  // Else two directors that hear of each other's connections send packets to and fro.
  ...(sync === undefined ? {} : { 'net/ipv4/vs/backup_only': '1' }),
});

/** Those that somebody has changed since, as after `sysctl --system`. */
export const changedSysctls = (settings: Sysctls, config: DirectorConfig): Sysctls =>
  Object.fromEntries(
    Object.entries(directorSysctls(config)).filter(([name, value]) => (settings[name] ?? value) !== value),
  );
