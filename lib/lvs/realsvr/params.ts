import { defineParameters, type ParameterValues } from '../../../heartbeat-ocf/index.ts';
import { syncParameters } from '../sync-parameters.ts';
import { objectionToNic, objectionToVip } from './real-server.ts';

/** Every parameter of ocf:pha:lvsdr-realsvr, as users of the original know them. */
export const realServerParameters = defineParameters({
  vip: {
    type: 'host',
    required: true,
    check: objectionToVip,
    shortdesc: 'Virtual address for reading',
    longdesc:
      'The address that clients read from, the same as vip of ocf:pha:lvsdr: IPv4, or IPv6. It is put on this machine with the prefix length 32 (128), so that the machine takes what the director sends it, and so that nobody learns from this machine where the address is.',
  },
  nic_lo: {
    type: 'command',
    default: 'lo:0',
    check: objectionToNic,
    shortdesc: 'Interface that gets the address',
    longdesc:
      'The loopback interface, with a label for the address (IPv4) or without. An interface without ARP such as dummy0 is taken as well, and for a director that tunnels (forward=ipip) tunl0, or ip6tnl0 for IPv6: its module is loaded and it is brought up. An interface that answers ARP, such as eth0, is refused.',
  },
  sync_daemon: {
    type: 'boolean',
    default: false,
    shortdesc: 'Hear of the connections of the director',
    longdesc:
      'Runs the synchronisation of IPVS as backup, so that connections survive when this node becomes the director; with sync_daemon=true of ocf:pha:lvsdr, and ipvsadm on this node. While this node is the director, that resource decides.',
  },
  ...syncParameters,
});

export type RealServerParameters = ParameterValues<typeof realServerParameters>;
