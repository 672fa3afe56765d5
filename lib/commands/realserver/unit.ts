import { deviceOf, type RealServer } from '../../lvs/realsvr/real-server.ts';

/** Where an administrator's own units are. */
const UNITS = '/etc/systemd/system';

const PREFIX = 'pha-realserver-';

export const unitName = (vip: string): string => `${PREFIX}${vip}.service`;

export const unitPath = (vip: string): string => `${UNITS}/${unitName(vip)}`;

/** The address that the unit of this name is for. */
export const vipOfUnit = (name: string): string | undefined =>
  name.startsWith(PREFIX) && name.endsWith('.service')
    ? name.slice(PREFIX.length, -'.service'.length)
    : undefined;

export const UNIT_FOLDER = UNITS;

export const DEFAULT_NIC = 'lo:0';

/** What is given to `--interface`. */
export const nicOf = ({ label, device }: RealServer): string => label ?? device;

/** As an operator gives it. */
export const onCommand = (server: RealServer): string => {
  const given = server.device === deviceOf(DEFAULT_NIC) ? '' : ` --interface ${nicOf(server)}`;
  return `cls_realserver on${given} ${server.vip}`;
};

/** The interface that a unit of ours names. */
export const nicOfUnit = (text: string): string | undefined =>
  /^ExecStart=.* --interface=(\S+) /m.exec(text)?.[1];

/**
 * The unit that makes this machine a real server at each boot. After systemd-sysctl, which might set the kernel's
 * settings otherwise.
 *
 * @param executable the full path of cls_realserver
 */
export const unitText = (server: RealServer, executable: string): string => {
  const command = (action: string): string =>
    `${executable} ${action} --until-reboot --interface=${nicOf(server)} ${server.vip}`;
  return `# Made by cls_realserver on ${server.vip}; "cls_realserver off ${server.vip}" removes it.
[Unit]
Description=Real server of the PostgreSQL read load balancer: accepts ${server.vip}
Documentation=man:cls_realserver(1)
After=network-pre.target systemd-sysctl.service
Before=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${command('on')}
ExecStop=${command('off')}

[Install]
WantedBy=multi-user.target
`;
};
