export const help = `Virtual PostgreSQL clusters on this one machine, with the real Corosync, Pacemaker and PostgreSQL.

  npm run -s lab -- VERB [--name LAB]

  up        make a lab and wait until its cluster is healthy
              --nodes 3                       how many nodes
              --node-names DB-1,db1,db10      their names, instead of node1, node2, ...
              --template muti                 muti | muti_with_lvs (reads are spread over the standbys by IPVS)
                                              | dual (two nodes, and a machine "arbiter" with the lock)
                                              | dual_qdevice (two nodes, and a machine "qnetd" with the quorum device)
              --backend auto                  auto | namespaces | mixed | uml: what the nodes are; see below
              --directors 1                   nodes without a database, which spread the reads (with backend mixed)
              --outside 0                     machines that are no nodes of the cluster: outside1, ...
              --agent pha                     pha | heartbeat | paf | floor | none
              --fresh                         nothing of pha and no database: what install.sh finds
              --clocks                        each node has a wall clock of its own, for "clock" (libfaketime)
              --rep-mode sync                 sync | async | none | slave
              --corosync default              default | fast (token 1000, token_coefficient 0, consensus 1200)
              --migration-threshold 3         failures of pgsql before it moves away
              --param key=value               a parameter of the resource pgsql; may be repeated
              --lvs-param key=value           a parameter of the resource lvsdr; may be repeated
              --property key=value            a property of the cluster; may be repeated
              --json                          print the result as JSON
  down      end and remove a lab, in whatever state it is
  status    the cluster as its first connected node sees it, and the power and cable of each node  [--json]
  exec NODE -- COMMAND...                     run a command in a node; its exit code is this one's
  shell NODE                                  a shell in a node
  cut NODE | heal NODE                        take the node's link down at the switch, and up again
              --from OTHER                    only between these two; everybody else hears both
              --to OTHER                      (cut) only what NODE sends to OTHER
  poweroff NODE | boot NODE                   pull the plug, and boot again from what is on the disk
  freeze NODE | thaw NODE                     stop all its processes, and let them go on
  clock NODE fast | slow | right              its wall clock is an hour fast, or slow, or right again (up --clocks)
  arbiter slow | prompt                       each of its answers comes 3 s late, and no more
  arbiter empty | init                        it comes back without any data; make the lock there
  refresh   copy the built agents and commands into the running nodes again
  logs DIRECTORY                              copy the logs of all nodes into a directory
  client    write through the write VIP and prove at the end that no acknowledged row is lost
              --reads                         read through the read VIP, a connection each time, and count which
                                              server answered: {"servers":{"node2":N,...},"longestGapMs":...,"errors":...}
              --seconds 10  --json

Backends: namespaces of this machine's kernel, which are fast; uml, guests of User-Mode Linux, whose kernel has ip_vs,
and whose processes take long to start; mixed, the nodes with a database in namespaces and all others in guests. auto: mixed for
muti_with_lvs on a kernel without ip_vs, else namespaces.
A lab is called "lab" unless --name says otherwise; labs of different names run side by side.
Exit codes: 0 done, 1 failed (also: a row was lost), 2 wrong usage.
`;
