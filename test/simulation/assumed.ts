/** What is taken for granted, since the product does not hold without it: a known gap (docs/simulation.md), and false shows it. */
export const ASSUMED = {
  /**
   * Where partitions have met, nodes take no writes of the other partition before their controllers have joined, and the newest
   * CIB has replaced the others. Whether that is so is to be seen in Pacemaker.
   */
  writesBeforeJoinStayApart: true,
} satisfies Readonly<Record<string, boolean>>;
