/** Printed by ipvsadm 1.31 and Linux 6.1.176. */
export const RULES = `-A -t 192.168.0.237:5432 -s rr
-a -t 192.168.0.237:5432 -r 192.168.0.231:5432 -g -w 1
-a -t 192.168.0.237:5432 -r 192.168.0.232:5432 -g -w 3
-a -t 192.168.0.237:5432 -r 192.168.0.233:5432 -g -w 0
-A -t 192.168.0.237:5433 -s wlc -p 300
-a -t 192.168.0.237:5433 -r 10.0.0.9:5432 -m -w 2
-A -u 192.168.0.237:53 -s sh -b sh-fallback,sh-port
-A -t [fd00:7068:61::237]:5432 -s wrr -p 60 -M 64
-a -t [fd00:7068:61::237]:5432 -r [fd00:7068:61::232]:5432 -g -w 1
-A -f 7 -s lc -p 50 -M 255.255.255.0
-a -f 7 -r 192.168.0.240:0 -i -w 1 --tun-type ipip
-a -f 7 -r 192.168.0.241:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
`;

/** The same, of two services that somebody has changed by hand; the last word of the second is an empty list (flag-3). */
export const BY_HAND = `-A -t 192.168.0.237:5432 -s mh -p 360 -b mh-port
-a -t 192.168.0.237:5432 -r 192.168.0.231:5432 -i -w 5 --tun-type ipip
-a -t 192.168.0.237:5432 -r 192.168.0.232:5432 -i -w 4 --tun-type gue --tun-port 6080 --tun-nocsum
-A -t 192.168.0.237:5433 -s mh -p 360 -M 255.0.0.0 -b 
-a -t 192.168.0.237:5433 -r 192.168.0.232:5433 -i -w 4 --tun-type ipip
-a -t 192.168.0.237:5433 -r 192.168.0.232:99 -m -w 1
-A -u 192.168.0.237:5432 -s rr -o
-a -u 192.168.0.237:5432 -r 192.168.0.233:5432 -m -w 7
-A --sctp-service 192.168.0.237:5432 -s rr
-A -f 9 -6 -s sh -p 60 -M 64
`;

export const PROC = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  [fd00:7068:0061:0000:0000:0000:0000:0237]:1538 wrr persistent 6000 40000000
  -> [fd00:7068:0061:0000:0000:0000:0000:0232]:1538      Route   1      0          0         
TCP  C0A800ED:1538 rr  
  -> C0A800E9:1538      Route   0      0          0         
  -> C0A800E8:1538      Route   3      3          0         
  -> C0A800E7:1538      Route   1      2          1         
TCP  C0A800ED:1539 wlc  persistent 30000 FFFFFFFF
  -> 0A000009:1538      Masq    2      1          0         
UDP  C0A800ED:0035 sh  
  -> C0A800E9:0035      Route   1      7          0         
FWM  00000007 lc persistent 5000 FFFFFF00
  -> C0A800F1:0000      Tunnel  1      0          0         
`;
